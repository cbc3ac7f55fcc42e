"""What watchers are sent, tick by tick."""

import asyncio
from collections.abc import Callable

from locksley.prices.messages import channel_of, encode_price
from tests.prices.house import DEADLINE_S, SYMBOLS, House, running
from tests.prices.trades import price


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


async def test_ticks_that_take_long_come_more_seldom_within_bounds() -> None:
    hub = House(stream_tick_ms=25, stream_tick_most_ms=50).service.hub
    pauses_ms = [round(1000 * hub._pause_s(took_ms / 1000)) for took_ms in (0, 1, 3, 4, 5, 6, 7, 100)]
    assert pauses_ms == [25, 25, 25, 32, 40, 48, 50, 50]


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
