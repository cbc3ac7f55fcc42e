"""Trades in, prices out: what the cache holds and the bus says."""

import asyncio
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from locksley.bus.memory import MemoryBus
from locksley.config import Config
from locksley.domain.market_day import market_day
from locksley.domain.price import Price, Trade
from locksley.exchange.port import SymbolDay, SymbolDays
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.messages import channel_of, decode_price
from locksley.prices.processor import PriceProcessor
from tests.prices.trades import DAY_MS, FRIDAY_MS, figures, page, summary, trade, traded_summary

MONDAY_MS = FRIDAY_MS + 3 * DAY_MS


class Floor:
    """A processor and all that it published of META."""

    def __init__(self, *pages: SymbolDays, **changes: Any) -> None:
        self.cache = MemoryPriceCache()
        self.bus = MemoryBus()
        self.processor = PriceProcessor(self.cache, self.bus, Config(data_dir=Path("unused"), **changes))
        self.published: list[Price] = []
        for filled in pages or (page(summary()),):
            self.processor.fill(filled)

    async def open(self) -> "Floor":
        await self.bus.subscribe(channel_of("META"), self._hear)
        await self.processor.publish()
        self.published.clear()
        return self

    def _hear(self, _channel: str, payload: bytes) -> None:
        self.published.append(decode_price(payload))

    async def price(self) -> Price:
        await self.processor.publish()
        [price] = await self.cache.get_many(["META"])
        assert price is not None
        return price

    async def figures(self) -> Any:
        return figures(await self.price())


async def test_before_the_first_trade() -> None:
    floor = await Floor().open()
    assert await floor.figures() == (5_000_000, 5_000_000, None, None, None, 0, 0)


async def test_trades_move_the_day() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, 5_010_000, 100), trade(2, 5_030_000, 50), trade(3, 4_990_000, 7)])
    assert await floor.figures() == (4_990_000, 5_000_000, 5_010_000, 5_030_000, 4_990_000, 157, 3)


async def test_one_publish_for_many_trades() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, shares=100), trade(2, shares=50)])
    floor.processor.take([trade(3, 5_020_000, shares=7), trade(4, symbol="OTHER")])
    await floor.processor.publish()
    await floor.processor.publish()
    assert [(p.sequence, p.price_e4, p.last_num_shares) for p in floor.published] == [(3, 5_020_000, 157)]


async def test_late_trade_counts_once_and_is_not_the_latest() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(2, 5_010_000, 10)])
    await floor.processor.publish()
    floor.processor.take([trade(1, 5_050_000, 5)])
    assert await floor.figures() == (5_010_000, 5_000_000, 5_050_000, 5_050_000, 5_010_000, 15, 2)
    assert [(p.sequence, p.last_num_shares) for p in floor.published] == [(2, 10), (2, 5)]


async def test_off_market_print_moves_volume_only() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, 5_010_000, 10), trade(2, 100, 1_002_300, off_market=True)])
    assert await floor.figures() == (5_010_000, 5_000_000, 5_010_000, 5_010_000, 5_010_000, 1_002_310, 1)


async def test_trades_in_the_summary_are_not_counted_twice() -> None:
    floor = await Floor(page(traded_summary(40, 5_070_000, 900), sequence=50)).open()
    floor.processor.take([trade(40, 5_070_000, 100), trade(50, 1, 5, off_market=True)])
    assert await floor.figures() == (5_070_000, 5_000_000, 5_070_000, 5_070_000, 5_070_000, 900, 40)
    floor.processor.take([trade(51, 5_080_000, 1)])
    assert await floor.figures() == (5_080_000, 5_000_000, 5_070_000, 5_080_000, 5_070_000, 901, 51)


async def test_trades_that_overtake_a_summary_stay() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, 5_010_000, 10)])
    with floor.processor.recording():
        floor.processor.take([trade(2, 5_020_000, 20), trade(3, 5_030_000, 30)])
        floor.processor.fill(page(traded_summary(2, 5_020_000, 30), sequence=2))
    floor.processor.take([trade(4, 5_040_000, 40)])
    assert await floor.figures() == (5_040_000, 5_000_000, 5_020_000, 5_040_000, 5_020_000, 100, 4)


async def test_a_summary_that_changes_nothing_is_not_published() -> None:
    floor = await Floor(page(traded_summary(40, 5_070_000, 900), sequence=50)).open()
    floor.processor.fill(page(traded_summary(40, 5_070_000, 900), sequence=60))
    await floor.processor.publish()
    assert floor.published == []


async def test_new_day() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, 5_010_000, 10), trade(2, 5_020_000, 20)])
    floor.processor.take([trade(3, 5_100_000, 30, at_ms=MONDAY_MS)])
    assert await floor.figures() == (5_100_000, 5_020_000, 5_100_000, 5_100_000, 5_100_000, 30, 3)
    assert floor.processor.refresh_wanted.is_set()


async def test_late_trade_of_the_day_before_moves_only_the_previous_close() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, 5_010_000, 10), trade(3, 5_100_000, 30, at_ms=MONDAY_MS)])
    floor.processor.take([trade(2, 5_090_000, 20)])
    assert await floor.figures() == (5_100_000, 5_090_000, 5_100_000, 5_100_000, 5_100_000, 30, 3)


async def test_volume_of_a_symbol_without_a_price_stays() -> None:
    item = SymbolDay("META", "META Inc.", 5_000_000, None, 0, None, None, None, 70)
    floor = await Floor(page(item, sequence=5)).open()
    floor.processor.take([trade(6, 5_010_000, 30)])
    assert await floor.figures() == (5_010_000, 5_000_000, 5_010_000, 5_010_000, 5_010_000, 100, 6)


async def test_summary_of_today_for_a_symbol_that_last_traded_yesterday() -> None:
    quiet = SymbolDay("META", "META Inc.", 5_070_000, 5_070_000, 40, None, None, None, 0, FRIDAY_MS, 1)
    other = SymbolDay("A", "A Inc.", 1_000, 1_100, 45, 1_100, 1_100, 1_100, 5, MONDAY_MS, 1)
    floor = await Floor(page(other, quiet, sequence=50)).open()
    floor.processor.take([trade(51, 5_080_000, 1, at_ms=MONDAY_MS)])
    assert await floor.figures() == (5_080_000, 5_070_000, 5_080_000, 5_080_000, 5_080_000, 1, 51)


async def test_new_epoch_is_newer_and_asks_for_a_summary() -> None:
    floor = await Floor(page(traded_summary(900, 5_070_000, 9), sequence=950)).open()
    floor.processor.take([trade(1, 5_080_000, 1, epoch=2)])
    price = await floor.price()
    assert (price.epoch, price.sequence, price.price_e4) == (2, 1, 5_080_000)
    assert floor.processor.refresh_wanted.is_set()


async def test_summary_of_a_price_from_an_epoch_before_does_not_hold_back_new_trades() -> None:
    floor = await Floor(page(traded_summary(900, 5_070_000, 9, epoch=1), sequence=3, epoch=2)).open()
    floor.processor.take([trade(4, 5_080_000, 1, epoch=2)])
    price = await floor.price()
    assert (price.version, price.price_e4) == ((2, 4), 5_080_000)


async def test_unlisted_symbol_asks_for_a_summary_once() -> None:
    floor = await Floor().open()
    floor.processor.take([trade(1, symbol="NEW")])
    assert floor.processor.refresh_wanted.is_set()
    floor.processor.refresh_wanted.clear()
    floor.processor.take([trade(2, symbol="NEW")])
    assert not floor.processor.refresh_wanted.is_set()
    await floor.processor.publish()
    assert await floor.cache.get_many(["NEW"]) == [None]


async def test_cache_is_written_before_the_bus() -> None:
    found: list[int] = []

    class LookingBus(MemoryBus):
        async def publish(self, messages: list[tuple[str, bytes]]) -> None:
            found.extend(known.sequence for known in await cache.all())

    cache = MemoryPriceCache()
    processor = PriceProcessor(cache, LookingBus(), Config(data_dir=Path("unused")))
    processor.fill(page(summary()))
    processor.take([trade(1)])
    await processor.publish()
    assert found == [1]


class LostCache(MemoryPriceCache):
    """Down for as many writes as `failures` says."""

    failures = 0

    async def put_many(self, prices: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("down on purpose")
        await super().put_many(prices)


async def test_what_could_not_be_published_is_published_later() -> None:
    floor = Floor()
    floor.cache = cache = LostCache()
    floor.processor = PriceProcessor(cache, floor.bus, Config(data_dir=Path("unused")), retry_s=0.001)
    floor.processor.fill(page(summary()))
    await floor.open()
    cache.failures = 2
    task = asyncio.create_task(floor.processor.run())
    floor.processor.take([trade(1, shares=10)])
    floor.processor.take([trade(2, shares=5)])
    async with asyncio.timeout(10):
        while not floor.published:
            await asyncio.sleep(0.001)
    task.cancel()
    assert [(p.sequence, p.last_num_shares) for p in floor.published] == [(2, 15)]


def day_of(trades: list[Trade]) -> Any:
    """By the book: unique trades, sorted, one after the other."""
    unique = sorted({known.sequence: known for known in trades}.values(), key=lambda known: known.sequence)
    last_day = max(market_day(known.timestamp_ms) for known in unique)
    today = [known for known in unique if market_day(known.timestamp_ms) == last_day]
    real = [known for known in unique if not known.off_market]
    real_today = [known for known in today if not known.off_market]
    before = [known for known in real if market_day(known.timestamp_ms) < last_day]
    prices = [known.price_e4 for known in real_today]
    return (
        real[-1].price_e4 if real else 5_000_000,
        before[-1].price_e4 if before else 5_000_000,
        prices[0] if prices else None,
        max(prices, default=None),
        min(prices, default=None),
        sum(known.num_shares for known in today),
        real[-1].sequence if real else 0,
    )


@st.composite
def tapes(draw: st.DrawFn) -> list[Trade]:
    """Trades in sequence, their time never going back, over up to three days."""
    count = draw(st.integers(1, 15))
    days = sorted(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    return [
        trade(
            index + 1,
            draw(st.integers(1, 50)) * 100,
            draw(st.integers(1, 500)),
            at_ms=FRIDAY_MS + day * DAY_MS + index,
            off_market=draw(st.booleans()),
        )
        for index, day in enumerate(days)
    ]


@given(tapes(), st.data())
def test_any_delivery_gives_the_same_day(tape: list[Trade], data: st.DataObject) -> None:
    delivery = data.draw(st.permutations(tape))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(delivery)), max_size=4)))

    async def deliver() -> Any:
        floor = await Floor().open()
        for begin, end in zip([0, *cuts], [*cuts, len(delivery)], strict=True):
            if begin < end:
                floor.processor.take(delivery[begin:end])
            await floor.processor.publish()
        assert sum(known.last_num_shares for known in floor.published) == sum(known.num_shares for known in tape)
        versions = [known.version for known in floor.published]
        assert versions == sorted(versions)
        return await floor.figures()

    assert asyncio.run(deliver()) == day_of(tape)
