"""For each watcher a symbol's version never goes backwards, and ends at the newest."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locksley.prices import hub
from locksley.prices.watcher import Watcher
from tests.prices.house import SYMBOLS, House, LaggingBus, Screen
from tests.prices.trades import price

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
    bus = LaggingBus()
    house = House(bus=bus, streams_per_person_max=1_000)
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


async def test_joining_in_the_middle_of_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The snapshot has a price that the bus has not brought yet: the tick under way must not follow with the one before it."""
    monkeypatch.setattr(hub, "WORK_MS_MAX", 0)
    bus = LaggingBus()
    house = House(bus=bus)
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
