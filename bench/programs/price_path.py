"""The price path of a broker by itself, in a process: feed reader, price processor, price cache and bus; and the bar keeper, if wanted.

Prints its CPU seconds and its trades between the first second and the last. Arguments: exchange URL, seconds, `keeps` or `plain`.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import structlog
import uvloop

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


class Measured(msgspec.Struct):
    cpu_s: float
    trades: int


async def main(url: str, seconds: float, keeps: bool, folder: Path) -> Measured:
    config = Config(data_dir=folder, exchange_url=url)
    clock, chance = SystemClock(), random.Random(1)
    connections, feed = Connections(config), HttpFeed(config, f"price-path-{time.time_ns()}")
    exchange = HttpExchange(connections)
    processor = PriceProcessor(MemoryPriceCache(), MemoryBus(), config)
    summaries = DaySummaries(exchange, Directory(), processor, config, chance)
    loop = asyncio.get_running_loop()
    writer = ThreadPoolExecutor(1)
    store = SqliteBarStore(folder / "bars.sqlite", lambda work: loop.run_in_executor(writer, work), Retention(7, 400))
    keeper = BarKeeper(store, exchange, config, clock, chance)
    count = 0

    async def on_orders(trades: Sequence[Trade], _position: Version) -> None:
        nonlocal count
        count += len(trades)
        if keeps:
            keeper.take(trades)

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
        on_orders=on_orders,
        on_new_epoch=ignore,
        on_history_lost=ignore,
    )
    keeper.position = start
    flows = [reader.run(), processor.run(), summaries.run(), *([keeper.run()] if keeps else [])]
    tasks = [asyncio.create_task(flow) for flow in flows]
    await asyncio.sleep(WARM_UP_S)
    # The first call of `keep` learns the symbols; what is measured is any later one.
    await keeper.keep()
    began_s, began_count = time.process_time(), count
    await asyncio.sleep(seconds)
    if keeps:
        await keeper.keep()
    measured = Measured(time.process_time() - began_s, count - began_count)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await feed.close()
    await connections.close()
    store.close()
    writer.shutdown()
    return measured


if __name__ == "__main__":
    # The figures alone go to standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3] == "keeps", Path(folder)))
    print(msgspec.json.encode(found).decode(), flush=True)
