"""A feed reader at work, and all that came out of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from locksley.clock import SystemClock
from locksley.config import Config
from locksley.domain.price import Trade, Version
from locksley.exchange.feed_reader import FeedReader
from locksley.exchange.port import Feed, MarketData

DEADLINE_S = 20
BEGINNING = Version(1, 0)

QUICK: dict[str, Any] = {
    "feed_reconnect_first_ms": 1,
    "feed_reconnect_most_ms": 4,
    "feed_reorder_wait_ms": 1,
    "exchange_reconnect_pause_ms": 1,
}


def config(**changes: Any) -> Config:
    return Config(data_dir=Path("unused"), **(QUICK | changes))


class Reading:
    """`prices` are sequences as the price side got them; `told` is the order side's story: sequences, and what lies between them."""

    def __init__(self) -> None:
        self.prices: list[int] = []
        self.told: list[int | tuple[str, Any]] = []
        self.positions: list[Version] = []
        self.order_side_free = asyncio.Event()
        self.order_side_free.set()
        self._moved = asyncio.Event()
        self.reader: FeedReader

    def on_prices(self, trades: Sequence[Trade]) -> None:
        self.prices += [trade.sequence for trade in trades]
        self._moved.set()

    async def on_orders(self, trades: Sequence[Trade], position: Version) -> None:
        await self.order_side_free.wait()
        self.told += [trade.sequence for trade in trades]
        self.positions.append(position)
        self._moved.set()

    async def on_new_epoch(self, epoch: int) -> None:
        self.told.append(("epoch", epoch))
        self._moved.set()

    async def on_history_lost(self, first: Version, last: Version) -> None:
        self.told.append(("lost", (*first, *last)))
        self._moved.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something to hold, looking whenever anything came out."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self._moved.clear()
                await self._moved.wait()

    async def tells(self, *expected: int | tuple[str, Any]) -> None:
        """Waits for so much of the order side's story, and compares all of it."""
        await self.until(lambda: len(self.told) >= len(expected))
        assert self.told == list(expected)

    async def prices_are(self, *expected: int) -> None:
        await self.until(lambda: len(self.prices) >= len(expected))
        assert self.prices == list(expected)


@asynccontextmanager
async def reading(
    feed: Feed, market_data: MarketData, start: Version | None = BEGINNING, **changes: Any
) -> AsyncIterator[Reading]:
    out = Reading()
    out.reader = FeedReader(
        feed,
        market_data,
        config(**changes),
        SystemClock(),
        Random(1),
        start=start,
        on_prices=out.on_prices,
        on_orders=out.on_orders,
        on_new_epoch=out.on_new_epoch,
        on_history_lost=out.on_history_lost,
    )
    task = asyncio.create_task(out.reader.run())
    try:
        yield out
        assert not task.done(), "the reader ended by itself"
    finally:
        task.cancel()
        await asyncio.wait([task])
