"""The price path of a broker by itself, in a process: feed reader, price processor, price cache and bus; and in one of two stretches,
by chance the first or the second, the bar keeper too: so what else the machine does falls on both alike. They are short, since what
else it does changes from second to second.

Prints what a trade took of the CPU in each stretch. Arguments: exchange URL, seconds.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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
STRETCH_S = 0.25
NEVER_MS = 10**12


class Measured(msgspec.Struct):
    """Microseconds of CPU a trade: of each stretch without keeping, and of that beside it with keeping."""

    plain_us: list[float]
    keeps_us: list[float]


class Taking:
    """Counts the feed's trades, and gives them to the keeper while it `keeps`."""

    def __init__(self, keeper: BarKeeper) -> None:
        self._keeper = keeper
        self._goes_on = False
        self.keeps = False
        self.count = 0

    async def take(self, trades: Sequence[Trade], _position: Version) -> None:
        self.count += len(trades)
        if self.keeps:
            if not self._goes_on:  # from here on: what came in between is not to be asked for
                self._keeper.position = Version(trades[0].epoch, trades[0].sequence - 1)
            self._keeper.take(trades)
        self._goes_on = self.keeps

    async def stretch_us(self, *, keeps: bool) -> float:
        """The process's microseconds of CPU for each trade of a stretch."""
        self.keeps = keeps
        began_s, began_count = time.process_time(), self.count
        await asyncio.sleep(STRETCH_S)
        return (time.process_time() - began_s) / max(1, self.count - began_count) * 1e6


async def main(url: str, seconds: float, folder: Path) -> Measured:
    # Nothing is stored: that is measured by itself.
    config = Config(data_dir=folder, exchange_url=url, bars_keep_every_ms=NEVER_MS, bars_open_max=sys.maxsize)
    clock, chance = SystemClock(), random.Random(1)
    connections, feed = Connections(config), HttpFeed(config, f"price-path-{time.time_ns()}")
    exchange = HttpExchange(connections)
    processor = PriceProcessor(MemoryPriceCache(), MemoryBus(), config)
    summaries = DaySummaries(exchange, Directory(), processor, config, chance)
    store = SqliteBarStore(folder / "bars.sqlite", asyncio.to_thread, Retention(7, 400))
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
    flows = [asyncio.create_task(flow) for flow in (reader.run(), processor.run(), summaries.run(), keeper.run())]
    garbage.look_seldom()
    await asyncio.sleep(WARM_UP_S)
    measured = await _measure(taking, max(1, round(seconds / STRETCH_S / 2)))
    for flow in flows:
        flow.cancel()
    await asyncio.wait(flows)
    await feed.close()
    await connections.close()
    store.close()
    return measured


async def _measure(taking: Taking, pairs: int) -> Measured:
    plain_us: list[float] = []
    keeps_us: list[float] = []
    for _ in range(pairs):
        pair = [(False, plain_us), (True, keeps_us)]
        random.shuffle(pair)
        for keeps, found_us in pair:
            found_us.append(await taking.stretch_us(keeps=keeps))
    return Measured(plain_us, keeps_us)


if __name__ == "__main__":
    # The figures alone go to standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(main(sys.argv[1], float(sys.argv[2]), Path(folder)))
    print(msgspec.json.encode(found).decode(), flush=True)
