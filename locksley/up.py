"""`locksley up`: a broker and, unless one is named, a paper exchange beside it, started and stopped together."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import uvloop

from locksley import data_dir, garbage
from locksley.config import Config, ConfigError, check_address
from locksley.demo import DemoLost, demo_person
from locksley.domain.errors import Refusal
from locksley.exchange import own_name
from locksley.exchange_process import PaperExchange
from locksley.observability import logs, observers
from locksley.serving import serve
from locksley.web import proxies
from locksley.web.server import WebServer
from locksley.web.services import Services

OWNER_ONLY = 0o077  # a mask: whatever is written, by the exchange beside us too, is for its owner alone to read


class Options(msgspec.Struct, frozen=True):
    """The options of the command line, as given; those from `replay` to `trades_per_second` are the exchange's own."""

    host: str
    port: int
    exchange_port: int | None
    exchange_url: str | None
    data_dir: Path
    demo: bool
    replay: tuple[str, ...]
    quotes: tuple[str, ...]
    bars: str | None
    speed: str | None
    once: bool
    symbols: str | None
    seed: str | None
    trades_per_second: str | None
    log_level: str = "info"
    log_format: str = "auto"
    sign_up: str = "open"
    trusted_proxy: tuple[str, ...] = ()
    traces_to: str | None = None
    exchange_client: str | None = None

    def for_exchange(self) -> list[str]:
        """The market options, for `paper-exchange serve`."""
        words: list[str] = []
        for name, values in (("--replay", self.replay), ("--quotes", self.quotes)):
            words += [word for value in values for word in (name, value)]
        for name, value in (
            ("--bars", self.bars),
            ("--speed", self.speed),
            ("--symbols", self.symbols),
            ("--seed", self.seed),
            ("--trades-per-second", self.trades_per_second),
        ):
            words += [name, value] if value is not None else []
        return [*words, "--once"] if self.once else words


def up(options: Options) -> None:
    """Until SIGINT or SIGTERM. Raises `ConfigError`: one line that says what is wrong."""
    _check_exchange(options)
    own_name.check(options.exchange_client)
    proxies.check(options.trusted_proxy)
    observers.check(options.traces_to)
    logs.configure(options.log_level, options.log_format)
    os.umask(OWNER_ONLY)
    uvloop.run(_up(options))


def _check_exchange(options: Options) -> None:
    if options.exchange_url is None:
        return
    check_address("--exchange-url", options.exchange_url, "http://127.0.0.1:9000")
    if options.exchange_port is not None or options.for_exchange():
        raise ConfigError("--exchange-url names an exchange that runs already; leave out the options for starting one")


async def _up(options: Options) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with _exchange(options, stopped) as exchange_url:
        config = Config(
            data_dir=options.data_dir,
            host=options.host,
            port=options.port,
            exchange_url=exchange_url,
            log_level=options.log_level,
            sign_up=options.sign_up,
            trusted_proxies=options.trusted_proxy,
            traces_to=options.traces_to,
            exchange_client=options.exchange_client,
        )
        greetings: list[asyncio.Task[None]] = []

        def started(web: WebServer, services: Services) -> None:
            greetings.append(asyncio.create_task(_greet(web, services, options.demo)))
            garbage.look_seldom()

        await serve(config, stopped, started)
        for greeting in greetings:
            greeting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await greeting


@contextlib.asynccontextmanager
async def _exchange(options: Options, stopped: asyncio.Event) -> AsyncIterator[str]:
    """The URL of the exchange: the one that is named, or one of our own beside the broker."""
    if options.exchange_url is not None:
        yield options.exchange_url
        return
    with data_dir.lock(options.data_dir, "exchange.lock") as home:
        exchange = PaperExchange(options.exchange_port, home.exchange_journal, options.for_exchange())
        await exchange.start()
        keeping = asyncio.create_task(exchange.keep_running(stopped))
        try:
            yield exchange.url
        finally:
            keeping.cancel()
            await exchange.stop()


async def _greet(web: WebServer, services: Services, demo: bool) -> None:
    """Say where the broker is and, for a newcomer, what to try next."""
    address = f"http://{services.config.host}:{web.port}"
    print(f"locksley listening on {address}\nexchange at {services.config.exchange_url}", flush=True)
    if not demo:
        return
    try:
        person = await demo_person(services)
    except (DemoLost, Refusal) as error:
        print(f"locksley: no demo person: {error}", file=sys.stderr, flush=True)
        return
    print(f"\nOpen {address} and sign in as {person.email} with the password {person.password}")
    if person.token is None:
        print(
            "The token of the first curl has been deleted; make another with `locksley login` and `locksley tokens make`."
        )
    else:
        _greet_programs(address, person.token)
    print(
        f"\nEverything is kept in {services.config.data_dir}/ . Ctrl-C stops the broker and the exchange.", flush=True
    )


def _greet_programs(address: str, token: str) -> None:
    print(
        "or try, in another terminal:\n"
        f"\n  curl -N -H 'Authorization: Bearer {token}' '{address}/subscribe?symbols=AAPL,META,MSFT'"
        f"\n  curl -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \\"
        f'\n       -d \'{{"position": "buy", "symbol": "AAPL", "numShares": 10}}\' {address}/order'
    )
