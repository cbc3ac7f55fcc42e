"""The wiring of the exchange, in the order in which a trade passes: market, exchange, journal, feed, network."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from paper_exchange.committer import Committer
from paper_exchange.driver import Driver
from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults
from paper_exchange.market.port import Market
from paper_exchange.moment import SECOND_NS
from paper_exchange.order_entry import OrderEntry
from paper_exchange.pace import Pace
from paper_exchange.server import Server
from paper_exchange.stats import Stats
from paper_exchange.streams import Streams


class CannotServe(Exception):
    """The exchange cannot start or go on; the message is one line that says why."""


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


def serve(market: Market, pace: Pace, address: Address, journal_path: Path | None) -> None:
    """Runs until SIGINT or SIGTERM. Raises CannotServe."""
    uvloop.run(_serve(market, pace, address, journal_path))


async def _serve(market: Market, pace: Pace, address: Address, journal_path: Path | None) -> None:
    exchange = Exchange(market, time.time_ns, prefix=new_prefix(), epoch=time.time_ns() // SECOND_NS)
    pace.set_clock(exchange, market.starts_at_ns)
    committer = Committer(exchange, None)
    streams = Streams()
    driver = Driver(exchange, committer, streams, pace)
    server = Server(OrderEntry(exchange, Stats(), Faults()), committer, streams)
    await _run(server, driver, committer, address)


async def _run(server: Server, driver: Driver, committer: Committer, address: Address) -> None:
    stopped = _stop_signal()
    try:
        listener = await asyncio.get_running_loop().create_server(server, address.host, address.port)
    except OSError as error:
        raise CannotServe(f"cannot listen on {address.host}:{address.port}: {error.strerror or error}") from None
    port = listener.sockets[0].getsockname()[1]
    print(f"paper exchange listening on http://{address.host}:{port}", flush=True)
    market = asyncio.create_task(driver.run())
    try:
        await _until_stopped(stopped, market, committer)
    finally:
        listener.close()
        market.cancel()
        await server.stop()


async def _until_stopped(stopped: asyncio.Event, market: "asyncio.Task[None]", committer: Committer) -> None:
    """A market that has ended is fine; one that failed is not, nor is a journal that cannot be written."""
    stopping = asyncio.create_task(stopped.wait())
    fatal: list[asyncio.Future[Any]] = [stopping, committer.failed]
    try:
        await asyncio.wait([*fatal, market], return_when=asyncio.FIRST_COMPLETED)
        if market.done() and not market.cancelled() and market.exception() is None:
            await asyncio.wait(fatal, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    if committer.failed.done():
        raise CannotServe(f"the journal cannot be written: {committer.failed.exception()}")
    if market.done():
        market.result()


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def new_prefix() -> str:
    """Begins the ids of this exchange; the microsecond of its birth, so that no other run has it."""
    return f"{time.time_ns() // 1000:x}"
