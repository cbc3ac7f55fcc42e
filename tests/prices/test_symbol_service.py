"""Who watches what, and what they are sent."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locksley.bus.memory import MemoryBus
from locksley.config import Config
from locksley.domain.errors import NotFound, TooManyStreams, TooManySymbols, UnknownSymbol
from locksley.domain.price import Price
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices import hub
from locksley.prices.directory import Directory, Listing
from locksley.prices.messages import channel_of, encode_price
from locksley.prices.symbol_service import SymbolService
from locksley.prices.watcher import Watcher
from tests.prices.trades import price

SYMBOLS = ["A", "B", "C", "META"]
DEADLINE_S = 10


class Screen:
    """A sink that keeps what it was sent, as slow as it is told to be."""

    def __init__(self) -> None:
        self.ready = True
        self.closed = False
        self.takes_writes = True
        self.writes: list[bytes] = []
        self._written = asyncio.Event()

    def write(self, data: bytes) -> None:
        assert self.ready
        assert data
        self.ready = self.takes_writes
        self.writes.append(data)
        self._written.set()

    def close(self) -> None:
        self.closed = True

    @property
    def frames(self) -> list[str]:
        return b"".join(self.writes).decode().split("\n\n")[:-1]

    def events(self, kind: str) -> list[Any]:
        return [
            msgspec.json.decode(found.group(1))
            for frame in self.frames
            if (found := re.search(rf"^event: {kind}\ndata: (.*)$", frame, re.MULTILINE))
        ]

    @property
    def versions(self) -> list[tuple[str, int, int]]:
        return [(event["symbol"], event["epoch"], event["sequence"]) for event in self.events("price")]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self._written.clear()
                await self._written.wait()


class House:
    """A symbol service whose ticks the test makes, one at a time."""

    def __init__(self, **changes: Any) -> None:
        self.cache = MemoryPriceCache()
        self.bus = MemoryBus()
        self.stale = False
        directory = Directory()
        directory.replace([Listing(symbol, symbol) for symbol in SYMBOLS])
        self.service = SymbolService(
            self.cache,
            self.bus,
            directory,
            Config(data_dir=Path("unused"), **changes),
            Random(1),
            stale=lambda: self.stale,
        )

    async def publish(self, *prices: Price) -> None:
        """As the price processor does it."""
        await self.cache.put_many(prices)
        await self.bus.publish([(channel_of(price.symbol), encode_price(price)) for price in prices])

    async def watch(self, *symbols: str, user_id: str = "u") -> tuple[Watcher, Screen]:
        screen = Screen()
        return await self.service.watch(user_id, symbols, screen), screen

    async def tick(self) -> None:
        await self.service.hub.tick()


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(house.service.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])


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


async def test_one_write_a_tick_with_all_that_changed() -> None:
    house = House()
    _, screen = await house.watch("A", "B", "C")
    await house.publish(price("A", 1, shares=10), price("B", 2))
    await house.publish(price("A", 3, shares=5, volume=15))
    await house.tick()
    await house.tick()
    assert len(screen.writes) == 2
    assert screen.versions == [("A", 1, 3), ("B", 1, 2)]
    assert [(event["numShares"], event["dayVolume"]) for event in screen.events("price")] == [(15, 15), (100, 0)]


async def test_each_gets_only_its_own() -> None:
    house = House()
    screens = [(await house.watch(symbol))[1] for symbol in SYMBOLS]
    await house.publish(price("A", 1), price("META", 2))
    await house.tick()
    assert [screen.versions for screen in screens] == [[("A", 1, 1)], [], [], [("META", 1, 2)]]


async def test_older_price_changes_nothing_but_the_shares() -> None:
    house = House()
    _, screen = await house.watch("A")
    await house.publish(price("A", 9, shares=1))
    await house.bus.publish([(channel_of("A"), encode_price(price("A", 8, shares=2)))])
    await house.tick()
    assert screen.versions == [("A", 1, 9)]
    assert screen.events("price")[0]["numShares"] == 3


async def test_slow_reader_gets_the_newest_later_in_one_write() -> None:
    house = House()
    watcher, screen = await house.watch("A", "B")
    screen.ready = False
    for sequence in range(1, 200):
        await house.publish(price("A", 2 * sequence), price("B", 2 * sequence + 1))
        await house.tick()
    assert len(screen.writes) == 1
    assert len(watcher.late) == 2
    screen.ready = True
    await house.tick()
    assert len(screen.writes) == 2
    assert sorted(screen.versions) == [("A", 1, 398), ("B", 1, 399)]
    assert not watcher.late


async def test_slow_reader_does_not_hold_up_others() -> None:
    house = House()
    _, slow = await house.watch("A")
    _, quick = await house.watch("A")
    slow.ready = False
    await house.publish(price("A", 1))
    await house.tick()
    await house.publish(price("A", 2))
    await house.tick()
    assert quick.versions == [("A", 1, 1), ("A", 1, 2)]
    assert slow.versions == []


async def test_many_watchers_of_few_changes_and_few_watchers_of_many() -> None:
    """Both ways of finding who is to be written to."""
    house = House(streams_per_person_max=1_000)
    screens = {symbol: [(await house.watch(symbol))[1] for _ in range(70)] for symbol in SYMBOLS}
    await house.publish(price("A", 1))
    await house.tick()
    await house.publish(*[price(symbol, 2) for symbol in SYMBOLS])
    await house.tick()
    await house.publish(*[price(symbol, 3) for symbol in SYMBOLS if symbol != "META"])
    await house.tick()
    expected = {"A": [1, 2, 3], "B": [2, 3], "C": [2, 3], "META": [2]}
    for symbol, watching in screens.items():
        for screen in watching:
            assert screen.versions == [(symbol, 1, sequence) for sequence in expected[symbol]]


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


async def test_refused_stream_leaves_nothing_behind() -> None:
    class Broken(MemoryPriceCache):
        async def get_many(self, symbols: Sequence[str]) -> list[Price | None]:
            raise ConnectionError("down on purpose")

    house = House(streams_per_person_max=1)
    working = house.service._cache
    house.service._cache = Broken()
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await house.watch("A")
    assert (house.service.watchers_count, house.service.topics_count) == (0, 0)
    house.service._cache = working
    await house.watch("A")


async def test_heartbeat_only_when_idle() -> None:
    house = House(heartbeat_ms=40, stream_tick_ms=5)
    async with running(house):
        _, screen = await house.watch("A")
        await screen.until(lambda: screen.writes[1:] == [b":\n\n", b":\n\n"])


async def test_reader_that_takes_nothing_for_too_long_is_closed() -> None:
    house = House(heartbeat_ms=20, stream_tick_ms=5, stream_write_timeout_ms=30)
    async with running(house):
        _, stuck = await house.watch("A")
        _, well = await house.watch("A")
        stuck.ready = False
        async with asyncio.timeout(DEADLINE_S):
            while not stuck.closed:
                await asyncio.sleep(0.001)
        assert not well.closed
        assert house.service.watchers_count == 1


async def test_closed_sink_is_forgotten() -> None:
    house = House(heartbeat_ms=20, stream_tick_ms=5)
    async with running(house):
        _, screen = await house.watch("A")
        screen.closed = True
        async with asyncio.timeout(DEADLINE_S):
            while house.service.watchers_count:
                await asyncio.sleep(0.001)


async def test_watchers_are_told_when_prices_turn_stale_and_live_again() -> None:
    house = House()
    _, screen = await house.watch("A")
    await house.tick()
    house.stale = True
    await house.tick()
    await house.tick()
    _, late = await house.watch("A")
    house.stale = False
    await house.tick()
    assert screen.events("status") == [{"stale": True}, {"stale": False}]
    assert late.events("status") == [{"stale": True}, {"stale": False}]


async def test_joining_in_the_middle_of_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The snapshot has a price that the bus has not brought yet: the tick under way must not follow with the one before it."""
    monkeypatch.setattr(hub, "WORK_MS_MAX", 0)
    house = House()
    house.service._bus = house.bus = bus = LaggingBus()
    for _ in range(3):
        await house.watch("C", "META")
    await house.watch("A", "B")
    await house.publish(price("A", 1), price("B", 2))
    await bus.let_go(2)
    await house.cache.put_many([price("B", 3)])
    tick = asyncio.create_task(house.tick())
    await asyncio.sleep(0)
    _, screen = await house.watch("B")
    assert not tick.done()
    await tick
    await house.tick()
    assert set(screen.versions) == {("B", 1, 3)}


async def test_none_is_always_last() -> None:
    house = House(streams_per_person_max=1_000)
    order: list[int] = []
    for number in range(200):
        _, screen = await house.watch("A")
        write = screen.write

        def note(data: bytes, number: int = number, write: Callable[[bytes], None] = write) -> None:
            order.append(number)
            write(data)

        screen.write = note  # type: ignore[method-assign]
    lasts = set()
    for sequence in range(1, 6):
        await house.publish(price("A", sequence))
        await house.tick()
        assert sorted(order) == list(range(200))
        lasts.add(order[-1])
        order.clear()
    assert len(lasts) >= 3


async def test_latest() -> None:
    house = House()
    await house.publish(price("A", 1), price("B", 2))
    assert [known.symbol for known in await house.service.latest(["B", "A"])] == ["B", "A"]
    with pytest.raises(UnknownSymbol, match="'X', 'Y'"):
        await house.service.latest(["A", "X", "Y"])


class LaggingBus(MemoryBus):
    """Holds back messages until the test lets them go, so that the cache runs ahead of the bus."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[str, bytes]] = []

    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        self.held += messages

    async def let_go(self, count: int) -> None:
        messages, self.held = self.held[:count], self.held[count:]
        await super().publish(messages)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(SYMBOLS)),
        st.tuples(st.just("let go"), st.integers(1, 4)),
        st.tuples(st.just("tick"), st.integers(0, 12)),
        st.tuples(st.just("watch"), st.sets(st.sampled_from(SYMBOLS), min_size=1)),
        st.tuples(st.just("add"), st.sampled_from(SYMBOLS)),
        st.tuples(st.just("remove"), st.sampled_from(SYMBOLS)),
        st.tuples(st.just("slow"), st.integers(0, 3)),
        st.tuples(st.just("quick"), st.integers(0, 3)),
    ),
    max_size=40,
)


@given(STEPS)
def test_versions_never_go_backwards_and_end_at_the_newest(steps: list[tuple[str, Any]]) -> None:
    """Whatever comes between the turns of a tick, which here pauses at every chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "WORK_MS_MAX", 0)
        patch.setattr(hub, "WATCHERS_PER_LOOK", 1)
        asyncio.run(check_versions(steps))


async def check_versions(steps: list[tuple[str, Any]]) -> None:
    house = House(streams_per_person_max=1_000)
    house.bus = house.service._bus = bus = LaggingBus()
    streams: list[tuple[Watcher, Screen]] = []
    tick = asyncio.create_task(house.tick())
    for sequence, (kind, what) in enumerate(steps, start=1):
        match kind:
            case "publish":
                await house.publish(price(what, sequence))
            case "let go":
                await bus.let_go(what)
            case "tick":
                await tick
                tick = asyncio.create_task(house.tick())
                for _turn in range(what):
                    await asyncio.sleep(0)
            case "watch":
                streams.append(await house.watch(*sorted(what)))
            case "add" | "remove" if streams:
                watcher = streams[sequence % len(streams)][0]
                add, remove = ([what], []) if kind == "add" else ([], [what])
                await house.service.change("u", watcher.stream_id, add, remove)
            case "slow" | "quick" if streams:
                screen = streams[what % len(streams)][1]
                screen.takes_writes = screen.ready = kind == "quick"
        for watcher, _ in streams:
            assert set(watcher.late) <= set(watcher.watched)
    await tick
    await bus.let_go(len(bus.held))
    for _, screen in streams:
        screen.takes_writes = screen.ready = True
    await house.tick()
    await house.tick()
    for watcher, screen in streams:
        newest: dict[str, tuple[int, int]] = {}
        for symbol, epoch, number in screen.versions:
            assert (epoch, number) >= newest.get(symbol, (0, 0))
            newest[symbol] = (epoch, number)
        prices = await house.cache.get_many(watcher.symbols)
        expected = {known.symbol: known.version for known in prices if known is not None}
        assert {symbol: newest[symbol] for symbol in watcher.symbols if symbol in newest} == expected
