"""The exchange's symbols, read page by page, and read again when they should have changed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from locksley.bus.memory import MemoryBus
from locksley.clock import ManualClock
from locksley.config import Config
from locksley.domain.bar import Bar, Size
from locksley.domain.price import Trade, Version
from locksley.exchange.port import AsOf, MarketStatus, OutcomeUnknown, SymbolDays, Unreachable
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.day_summaries import DaySummaries
from locksley.prices.directory import Directory
from locksley.prices.market_status import MarketStatusWatch, StatusNow
from locksley.prices.processor import PriceProcessor
from tests.prices.trades import page, summary

DEADLINE_S = 10


class Data:
    """Market data by hand: pages by cursor, and a status."""

    def __init__(self, **pages: SymbolDays) -> None:
        self.pages = pages
        self.failures = 0
        self.readings = 0
        self.told = MarketStatus(True, 1, 2, 3, AsOf(1, 77, 3))

    async def bars(self, symbol: str, from_ms: int, to_ms: int, size: Size) -> Sequence[Bar]:
        return []

    async def symbols(self, cursor: str | None = None) -> SymbolDays:
        self.readings += cursor is None
        if self.failures:
            self.failures -= 1
            raise OutcomeUnknown("failed on purpose")
        return self.pages[cursor or "first"]

    async def status(self) -> MarketStatus:
        if self.failures:
            self.failures -= 1
            raise Unreachable("failed on purpose")
        return self.told

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        raise NotImplementedError


def config(**changes: Any) -> Config:
    return Config(data_dir=Path("unused"), retry_first_ms=1, retry_most_ms=2, **changes)


class Desk:
    def __init__(self, data: Data, **changes: Any) -> None:
        self.directory = Directory()
        self.cache = MemoryPriceCache()
        self.processor = PriceProcessor(self.cache, MemoryBus(), config(**changes))
        self.summaries = DaySummaries(data, self.directory, self.processor, config(**changes), Random(1))


async def test_all_pages() -> None:
    data = Data(first=page(summary("A"), sequence=5, following="more"), more=page(summary("B"), sequence=9))
    desk = Desk(data)
    assert await desk.summaries.load() == Version(1, 5)
    assert desk.directory.symbols() == ["A", "B"]
    assert [price.name for price in await desk.cache.all()] == [
        "A Inc.",
        "B Inc.",
    ]  # whoever is listed has a price already


async def test_page_that_fails_leaves_the_directory_as_it_was() -> None:
    data = Data(first=page(summary("A")))
    desk = Desk(data)
    await desk.summaries.load()
    data.pages = {"first": page(summary("B"), following="more"), "more": page(summary("C"))}
    data.failures = 1
    with pytest.raises(OutcomeUnknown):
        await desk.summaries.load()
    assert desk.directory.symbols() == ["A"]


async def reads(data: Data, times: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while data.readings < times:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("changes", [{"symbols_refresh_every_ms": 5}, {}], ids=["now and then", "when wanted"])
async def test_read_again(changes: dict[str, int]) -> None:
    data = Data(first=page(summary("A")))
    data.failures = 2
    desk = Desk(data, **changes)
    task = asyncio.create_task(desk.summaries.run())
    desk.processor.refresh_wanted.set()
    await reads(data, 3)
    data.pages = {"first": page(summary("A"), summary("NEW"))}
    if not changes:
        desk.processor.refresh_wanted.set()
    async with asyncio.timeout(DEADLINE_S):
        while "NEW" not in desk.directory:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])


async def test_market_status() -> None:
    data = Data()
    told: list[AsOf] = []
    watch = MarketStatusWatch(data, config(), ManualClock(1_000), feed_lag_ms=lambda: 12, on_as_of=told.append)
    data.failures = 1
    await watch.ask()
    assert watch.now() == StatusNow(None, None, None, 1_000, 12)
    await watch.ask()
    data.failures = 1
    await watch.ask()
    assert watch.now() == StatusNow(True, 1, 2, 1_000, 12)
    assert told == [AsOf(1, 77, 3)]
