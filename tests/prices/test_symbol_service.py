"""Who watches what: snapshots, changes, limits, subscriptions."""

import asyncio
import re
from collections.abc import Sequence

import pytest

from locksley.bus.memory import MemoryBus
from locksley.bus.port import Handler
from locksley.domain.errors import NotFound, TooManyStreams, TooManySymbols, UnknownSymbol
from locksley.domain.price import Price
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.messages import channel_of, encode_price
from tests.prices.house import DEADLINE_S, House, running
from tests.prices.trades import price


async def test_first_frames() -> None:
    house = House(stream_retry_ms=2_000)
    await house.publish(price("META", 7, epoch=3, shares=40, volume=900), price("A", 5))
    watcher, screen = await house.watch("META", "A")
    stream, meta, a = screen.frames
    assert re.fullmatch(rf'retry: [23]\d\d\d\nevent: stream\ndata: {{"streamId":"{watcher.stream_id}"}}', stream)
    assert meta == (
        "id: 3-7\nevent: price\n"
        'data: {"symbol":"META","priceInCents":700,"numShares":40,"dayVolume":900,'
        '"timestamp":"2026-11-20T15:00:00.000Z","epoch":3,"sequence":7}'
    )
    assert a.startswith("id: 1-5\n")
    assert len(screen.writes) == 1


async def test_snapshot_is_the_newest_of_cache_and_bus() -> None:
    house = House()
    await house.publish(price("A", 5))
    await house.watch("A")
    await house.cache.put_many([price("A", 6)])
    _, ahead = await house.watch("A")
    await house.bus.publish([(channel_of("A"), encode_price(price("A", 7)))])
    _, behind = await house.watch("A")
    assert (ahead.versions, behind.versions) == ([("A", 1, 6)], [("A", 1, 7)])


async def test_symbol_without_a_price_comes_when_it_has_one() -> None:
    house = House()
    _, screen = await house.watch("A")
    assert screen.versions == []
    await house.publish(price("A", 1))
    await house.tick()
    assert screen.versions == [("A", 1, 1)]


async def test_snapshot_is_not_sent_twice() -> None:
    house = House()
    await house.publish(price("A", 1))
    _, screen = await house.watch("A")
    await house.tick()
    assert screen.versions == [("A", 1, 1)]


async def test_subscribed_once_and_only_while_watched() -> None:
    house = House()
    async with running(house):
        first, _ = await house.watch("A", "B")
        second, screen = await house.watch("A")
        assert house.bus.channels == ["symbol:A", "symbol:B"]
        house.service.leave(first)
        await house.publish(price("A", 1))
        await screen.until(lambda: screen.versions == [("A", 1, 1)])
        assert house.bus.channels == ["symbol:A"]
        house.service.leave(second)
        house.service.leave(second)
        async with asyncio.timeout(DEADLINE_S):
            while house.bus.channels:
                await asyncio.sleep(0.001)
        assert (house.service.watchers_count, house.service.topics_count) == (0, 0)


async def test_watched_again_while_the_last_subscription_ends() -> None:
    house = House()
    first, _ = await house.watch("A")
    house.service.leave(first)
    _, screen = await house.watch("A")
    async with running(house):
        await house.publish(price("A", 1))
        await screen.until(lambda: screen.versions == [("A", 1, 1)])
        await house.publish(price("A", 2))
        await screen.until(lambda: screen.versions == [("A", 1, 1), ("A", 1, 2)])


async def test_change() -> None:
    house = House()
    await house.publish(price("A", 1), price("B", 2))
    watcher, screen = await house.watch("A")
    assert await house.service.change("u", watcher.stream_id, ["B", "C", "A"], ["A"]) == ["B", "C"]
    await house.tick()
    await house.publish(price("A", 3), price("B", 4))
    await house.tick()
    assert screen.versions == [("A", 1, 1), ("B", 1, 2), ("B", 1, 4)]


async def test_change_of_a_slow_stream() -> None:
    house = House()
    await house.publish(price("B", 2))
    watcher, screen = await house.watch("A")
    screen.ready = False
    await house.publish(price("A", 3))
    await house.tick()
    await house.service.change("u", watcher.stream_id, ["B"], ["A"])
    screen.ready = True
    await house.tick()
    assert screen.versions == [("B", 1, 2)]


class SlowBus(MemoryBus):
    """Subscribing takes until the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()

    async def subscribe(self, channel: str, handler: Handler) -> None:
        await self.free.wait()
        await super().subscribe(channel, handler)


async def test_stream_that_ends_while_it_changes_holds_nothing() -> None:
    bus = SlowBus()
    house = House(bus=bus)
    bus.free.set()
    watcher, _ = await house.watch("A")
    bus.free.clear()
    change = asyncio.create_task(house.service.change("u", watcher.stream_id, ["B", "C"], []))
    await asyncio.sleep(0)
    house.service.leave(watcher)
    bus.free.set()
    await change
    assert (house.service.watchers_count, house.service.topics_count) == (0, 0)


async def test_change_is_for_its_owner_and_for_what_is_listed() -> None:
    house = House(symbols_per_stream_max=2)
    watcher, _ = await house.watch("A", "B")
    with pytest.raises(NotFound):
        await house.service.change("somebody else", watcher.stream_id, ["C"], [])
    with pytest.raises(NotFound):
        await house.service.change("u", "no such stream", ["C"], [])
    with pytest.raises(UnknownSymbol):
        await house.service.change("u", watcher.stream_id, ["NOSUCH"], ["A"])
    with pytest.raises(TooManySymbols):
        await house.service.change("u", watcher.stream_id, ["C"], [])
    assert watcher.symbols == ["A", "B"]
    assert await house.service.change("u", watcher.stream_id, ["C"], ["A"]) == ["B", "C"]


async def test_limits() -> None:
    house = House(streams_per_person_max=2, symbols_per_stream_max=2)
    first, _ = await house.watch("A", "B", "A")
    await house.watch("A")
    with pytest.raises(TooManyStreams):
        await house.watch("A")
    await house.watch("A", user_id="another")
    house.service.leave(first)
    with pytest.raises(TooManySymbols):
        await house.watch("A", "B", "C")
    with pytest.raises(UnknownSymbol) as unknown:
        await house.watch("A", "X", "Y")
    assert unknown.value.members == {"symbols": ["X", "Y"]}
    await house.watch("A")


class BrokenCache(MemoryPriceCache):
    """Down for as many reads as `failures` says."""

    failures = 3

    async def get_many(self, symbols: Sequence[str]) -> list[Price | None]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("down on purpose")
        return await super().get_many(symbols)


async def test_stream_that_could_not_begin_leaves_nothing_behind() -> None:
    house = House(BrokenCache(), streams_per_person_max=1)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await house.watch("A")
    assert (house.service.watchers_count, house.service.topics_count) == (0, 0)
    await house.watch("A")


async def test_latest() -> None:
    house = House()
    await house.publish(price("A", 1), price("B", 2))
    assert [known.symbol for known in await house.service.latest(["B", "A"])] == ["B", "A"]
    with pytest.raises(UnknownSymbol, match="'X', 'Y'"):
        await house.service.latest(["A", "X", "Y"])
