"""The wiring of the exchange, in the order in which a trade passes: market, exchange, journal, feed, network."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from paper_exchange.committer import Committer, Log
from paper_exchange.driver import Driver
from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults
from paper_exchange.journal import Journal
from paper_exchange.market.port import Market
from paper_exchange.moment import MILLISECOND_NS
from paper_exchange.order_entry import OrderEntry
from paper_exchange.pace import Pace
from paper_exchange.restore import restore
from paper_exchange.server import Server
from paper_exchange.stats import Stats
from paper_exchange.streams import Streams

STDIN_BYTES_MAX = 4_096


class CannotServe(Exception):
    """The exchange cannot start or go on; the message is one line that says why."""


class Address(msgspec.Struct, frozen=True):
    host: str
    port: int


def serve(
    market: Market, pace: Pace, address: Address, journal_path: Path | None, *, until_stdin_closes: bool = False
) -> None:
    """Runs until SIGINT or SIGTERM, or until whoever holds the other end of standard input is gone. Raises CannotServe, JournalError."""
    uvloop.run(_serve(market, pace, address, journal_path, until_stdin_closes))


def new_exchange(market: Market, journal: Journal | None) -> Exchange:
    """As the journal has it. Without one, or with a new one, nobody may take it for an earlier run: its epoch is higher than any before."""
    born_ns = time.time_ns()
    prefix, epoch = f"{born_ns // 1000:x}", born_ns // MILLISECOND_NS
    if journal is None:
        return Exchange(market, time.time_ns, prefix=prefix, epoch=epoch)
    exchange = Exchange(market, time.time_ns, prefix=prefix, epoch=epoch, journaled=True)
    restore(exchange, journal)
    # What was restored stays for ever; the collector need not walk through it again and again.
    gc.freeze()
    return exchange


class Running:
    """An exchange on the network. Made by `start`; `stop` it."""

    def __init__(self, exchange: Exchange, journal: Log | None, pace: Pace) -> None:
        pace.set_clock(exchange, exchange.market.starts_at_ns)
        self.exchange = exchange
        self.committer = Committer(exchange, journal)
        self.stats = Stats()
        self.faults = Faults()
        self.port = 0
        self._journal = journal
        self._streams = Streams(self.committer)
        self._driver = Driver(exchange, self.committer, self._streams, pace)
        self._server = Server(OrderEntry(exchange, self.stats, self.faults), self.committer, self._streams)
        self._listener: asyncio.Server | None = None
        self._market: asyncio.Task[None] | None = None

    async def start(self, address: Address) -> None:
        """Raises OSError where the journal cannot be written or the address cannot be had."""
        await self.committer.durable()
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, address.host, address.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._market = asyncio.create_task(self._driver.run())

    async def until(self, stopped: "asyncio.Task[Any]") -> None:
        """Returns when `stopped` is done; a market that has ended is fine. Raises CannotServe, or what broke the market."""
        assert self._market is not None
        fatal: list[asyncio.Future[Any]] = [stopped, self.committer.failed]
        await asyncio.wait([*fatal, self._market], return_when=asyncio.FIRST_COMPLETED)
        if not self.committer.failed.done() and self._market.done():
            self._market.result()
            await asyncio.wait(fatal, return_when=asyncio.FIRST_COMPLETED)
        if self.committer.failed.done():
            raise CannotServe(f"the journal cannot be written: {self.committer.failed.exception()}")

    async def stop(self) -> None:
        if self._market is not None:
            self._market.cancel()
            await asyncio.wait([self._market])
        if self._listener is not None:
            self._listener.close()
        await self._server.stop()
        with contextlib.suppress(OSError):
            await self.committer.finish()
        if self._journal is not None:
            self._journal.close()


async def _serve(
    market: Market, pace: Pace, address: Address, journal_path: Path | None, until_stdin_closes: bool
) -> None:
    journal = None if journal_path is None else Journal(journal_path)
    try:
        exchange = new_exchange(market, journal)
    except OSError as error:
        raise CannotServe(f"cannot use the journal {journal_path}: {error.strerror or error}") from None
    running = Running(exchange, journal, pace)
    stopped = _stop_signal(until_stdin_closes)
    try:
        await running.start(address)
        print(f"paper exchange listening on http://{address.host}:{running.port}", flush=True)
        await running.until(stopped)
    except OSError as error:
        if running.committer.failed.done():
            raise CannotServe(f"cannot write the journal: {error.strerror or error}") from None
        place = f"{address.host}:{address.port}"
        raise CannotServe(
            f"cannot listen on {place}: {os.strerror(error.errno or 0)}; "
            "free it or choose another port (--port, and --exchange-port where a broker starts the exchange), "
            "of make run PORT= or EXCHANGE_PORT="
        ) from None
    finally:
        stopped.cancel()
        await running.stop()


def _stop_signal(until_stdin_closes: bool) -> "asyncio.Task[Any]":
    stopped = asyncio.Event()
    if until_stdin_closes:
        _watch_stdin(stopped)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return asyncio.create_task(stopped.wait())


def _watch_stdin(stopped: asyncio.Event) -> None:
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, STDIN_BYTES_MAX):
            loop.remove_reader(stdin)
            stopped.set()

    loop.add_reader(stdin, read)
