"""The price path of a broker by itself, in a process: feed reader, price processor, price cache and bus; and every other second
the bar keeper too: so what else the machine does falls on both alike.

Prints what a trade took of the CPU in each stretch, and what storing took. Arguments: exchange URL, seconds.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvloop

from locksley import garbage
from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.sqlite.store import SqliteBarStore
from locksley.bus.memory import MemoryBus
from locksley.clock import SystemClock
from locksley.config import Config
from locksley.domain.price import Trade, Version
from locksley.exchange.connections import Connections
from locksley.exchange.feed_reader import FeedReader
from locksley.exchange.http_client import HttpExchange
from locksley.exchange.http_feed import HttpFeed
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.day_summaries import DaySummaries
from locksley.prices.directory import Directory
from locksley.prices.history.keeper import BarKeeper
from locksley.prices.processor import PriceProcessor

WARM_UP_S = 2.0
STRETCH_S = 2.0


class Measured(msgspec.Struct):
    """Microseconds of CPU a trade: of each stretch without and with keeping, and of storing all that was kept."""

    plain_us: list[float]
    keeps_us: list[float]
    storing_us: float


class Writer:
    """A thread, and the CPU seconds that its work has taken."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self.cpu_s = 0.0

    def run(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._thread, self._measured, work)

    def _measured(self, work: Callable[[], Any]) -> Any:
        began_s = time.thread_time()
        try:
            return work()
        finally:
            self.cpu_s += time.thread_time() - began_s

    def close(self) -> None:
        self._thread.shutdown()


class Taking:
    """Counts the feed's trades, and gives them to the keeper while it `keeps`."""

    def __init__(self, keeper: BarKeeper) -> None:
        self._keeper = keeper
        self._goes_on = False
        self.keeps = False
        self.count = 0
        self.kept = 0

    async def take(self, trades: Sequence[Trade], _position: Version) -> None:
        self.count += len(trades)
        if self.keeps:
            if not self._goes_on:  # from here on: what came in between is not to be asked for
                self._keeper.position = Version(trades[0].epoch, trades[0].sequence - 1)
            self.kept += len(trades)
            self._keeper.take(trades)
        self._goes_on = self.keeps

    async def stretch_us(self, *, keeps: bool) -> float:
        """The process's microseconds of CPU for each trade of a stretch."""
        self.keeps = keeps
        running = asyncio.create_task(self._keeper.run()) if keeps else None
        began_s, began_count = time.process_time(), self.count
        await asyncio.sleep(STRETCH_S)
        if running is not None:
            self._keeper.open_ticks("", 0)  # all that waits becomes ticks
            running.cancel()
            await asyncio.wait([running])
        return (time.process_time() - began_s) / max(1, self.count - began_count) * 1e6


async def main(url: str, seconds: float, folder: Path) -> Measured:
    config = Config(data_dir=folder, exchange_url=url)
    clock, chance, writer = SystemClock(), random.Random(1), Writer()
    connections, feed = Connections(config), HttpFeed(config, f"price-path-{time.time_ns()}")
    exchange = HttpExchange(connections)
    processor = PriceProcessor(MemoryPriceCache(), MemoryBus(), config)
    summaries = DaySummaries(exchange, Directory(), processor, config, chance)
    store = SqliteBarStore(folder / "bars.sqlite", writer.run, Retention(7, 400))
    keeper = BarKeeper(store, exchange, config, clock, chance)
    taking = Taking(keeper)

    async def ignore(*_what: object) -> None: ...

    start = await summaries.load()
    reader = FeedReader(
        feed,
        exchange,
        config,
        clock,
        chance,
        start=start,
        on_prices=processor.take,
        on_orders=taking.take,
        on_new_epoch=ignore,
        on_history_lost=ignore,
    )
    flows = [asyncio.create_task(flow) for flow in (reader.run(), processor.run(), summaries.run())]
    garbage.look_seldom()
    await asyncio.sleep(WARM_UP_S)
    measured = await _measure(taking, keeper, writer, max(1, round(seconds / STRETCH_S / 2)))
    for flow in flows:
        flow.cancel()
    await asyncio.wait(flows)
    await feed.close()
    await connections.close()
    store.close()
    writer.close()
    return measured


async def _measure(taking: Taking, keeper: BarKeeper, writer: Writer, pairs: int) -> Measured:
    plain_us, keeps_us = [], []
    for _ in range(pairs):
        plain_us.append(await taking.stretch_us(keeps=False))
        keeps_us.append(await taking.stretch_us(keeps=True))
    taking.keeps = False
    await keeper.keep()
    return Measured(plain_us, keeps_us, writer.cpu_s / max(1, taking.kept) * 1e6)


if __name__ == "__main__":
    # The figures alone go to standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(main(sys.argv[1], float(sys.argv[2]), Path(folder)))
    print(msgspec.json.encode(found).decode(), flush=True)
