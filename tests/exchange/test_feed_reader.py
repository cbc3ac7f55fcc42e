"""The feed reader against a feed that misbehaves as told."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import pytest

from locksley.clock import SystemClock
from locksley.domain.price import Trade, Version
from locksley.exchange.feed_reader import FeedReader
from locksley.exchange.port import AsOf
from tests.exchange.fake_exchange import FakeExchange
from tests.exchange.reading import DEADLINE_S, config, reading

LONG_MS = 60_000


async def holds(condition: Callable[[], bool]) -> None:
    """Gives the loop its turn until something holds that no event tells of."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)


async def test_in_order() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(1, 2)
        exchange.line(3)
        await out.tells(1, 2, 3)
        assert out.prices == [1, 2, 3]
        assert out.reader.position == out.positions[-1] == Version(1, 3)


async def test_repeats_are_dropped() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(1, 1, 2)
        exchange.line(1, 2)
        exchange.line(2, 3)
        await out.tells(1, 2, 3)
        assert out.prices == [1, 2, 3]


async def test_reordering_is_healed_without_asking_history() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_reorder_wait_ms=LONG_MS) as out:
        exchange.line(3, 2, 1)
        exchange.line(6, 7)
        exchange.line(5, 4, 6)
        await out.tells(1, 2, 3, 4, 5, 6, 7)
        assert out.prices == [3, 2, 1, 6, 7, 5, 4]
        assert exchange.asked == []


async def test_gap_is_filled_while_live_prices_flow() -> None:
    exchange = FakeExchange()
    exchange.history_free.clear()
    async with reading(exchange, exchange) as out:
        exchange.line(1)
        exchange.line(4)
        await holds(lambda: exchange.asked == [(1, 1, 3)])
        exchange.line(5)
        await out.prices_are(1, 4, 5)
        assert out.told == [1]
        exchange.history_free.set()
        await out.tells(1, 2, 3, 4, 5)
        assert out.prices == [1, 4, 5, 2, 3]


async def test_two_gaps() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(2, 5)
        await out.tells(1, 2, 3, 4, 5)
        assert sorted(out.prices) == [1, 2, 3, 4, 5]


async def test_history_that_fails_is_asked_again() -> None:
    exchange = FakeExchange()
    exchange.history_failures = 3
    async with reading(exchange, exchange) as out:
        exchange.line(2)
        await out.tells(1, 2)
        assert exchange.asked == [(1, 0, 1)] * 4


async def test_trade_that_comes_late_and_from_history_counts_once() -> None:
    exchange = FakeExchange()
    exchange.history_free.clear()
    async with reading(exchange, exchange) as out:
        exchange.line(2)
        await holds(lambda: exchange.asked == [(1, 0, 1)])
        exchange.line(1)
        await out.tells(1, 2)
        exchange.history_free.set()
        exchange.line(3)
        await out.tells(1, 2, 3)
        assert out.prices == [2, 1, 3]


async def test_skipped_last_trade_is_found_when_the_feed_is_quiet() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(1)
        await out.tells(1)
        exchange.sequence = 3
        out.reader.note(AsOf(1, 3, 0))
        exchange.heartbeat()
        exchange.heartbeat()
        await out.tells(1, 2, 3)


async def test_what_was_just_told_of_is_not_asked_for_at_once() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        await exchange.opens(1)
        out.reader.note(AsOf(1, 2, 0))
        exchange.heartbeat()
        await asyncio.sleep(0.02)
        exchange.line(1, 2)
        await out.tells(1, 2)
        assert exchange.asked == []


async def test_reconnect_resumes_from_the_contiguous_position() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_reorder_wait_ms=LONG_MS) as out:
        exchange.line(1, 2, 4)
        exchange.hang_up()
        await exchange.opens(2)
        assert exchange.opened == [(1, 0), (1, 2)]
        exchange.line(3, 4, 5)
        await out.tells(1, 2, 3, 4, 5)
        assert out.prices == [1, 2, 4, 3, 5]


async def test_start_from_a_stored_position() -> None:
    exchange = FakeExchange(epoch=7, sequence=41)
    async with reading(exchange, exchange, Version(7, 41)) as out:
        exchange.line(42)
        await out.tells(42)
        assert exchange.opened == [(7, 41)]


async def test_start_from_where_the_exchange_is() -> None:
    exchange = FakeExchange(epoch=7, sequence=41)
    async with reading(exchange, exchange, None) as out:
        await exchange.opens(1)
        exchange.line(42)
        await out.tells(42)
        assert exchange.opened == [(7, 41)]


async def test_exchange_that_can_not_be_reached_is_tried_again() -> None:
    exchange = FakeExchange()
    exchange.refusals = 5
    async with reading(exchange, exchange) as out:
        await exchange.opens(6)
        exchange.line(1)
        await out.tells(1)


async def test_new_epoch_while_away() -> None:
    exchange = FakeExchange(epoch=2)
    async with reading(exchange, exchange, Version(1, 900)) as out:
        exchange.line(1)
        await out.tells(("epoch", 2), 1)
        assert exchange.opened == [(1, 900)]
        assert out.reader.position == Version(2, 1)


async def test_new_epoch_between_two_connections() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(1, 2)
        await out.tells(1, 2)
        exchange.begin_epoch(2)
        exchange.hang_up()
        exchange.line(1, 2)
        await out.tells(1, 2, ("epoch", 2), 1, 2)
        assert out.prices == [1, 2, 1, 2]


async def test_new_epoch_on_an_open_line() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        await exchange.opens(1)
        exchange.line(1)
        exchange.begin_epoch(5)
        exchange.line(1)
        await out.tells(1, ("epoch", 5), 1)


async def test_what_waited_behind_a_gap_is_delivered_before_a_new_epoch() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_reorder_wait_ms=LONG_MS) as out:
        await exchange.opens(1)
        exchange.line(1, 4, 5, 7)
        exchange.begin_epoch(2)
        exchange.line(1)
        await out.tells(1, ("lost", (1, 2, 1, 3)), 4, 5, ("lost", (1, 6, 1, 6)), 7, ("epoch", 2), 1)


async def test_answer_of_an_old_epoch_is_not_taken_for_the_new_one() -> None:
    exchange = FakeExchange()
    exchange.history_free.clear()
    async with reading(exchange, exchange) as out:
        exchange.line(2)
        await holds(lambda: exchange.asked == [(1, 0, 1)])
        exchange.begin_epoch(2)
        exchange.heartbeat()
        await out.tells(("lost", (1, 1, 1, 1)), 2, ("epoch", 2))
        exchange.history_free.set()
        await asyncio.sleep(0.02)
        exchange.line(1, 2)
        await out.tells(("lost", (1, 1, 1, 1)), 2, ("epoch", 2), 1, 2)
        assert out.positions == [Version(1, 2), Version(2, 2)]


async def test_history_gone_at_the_start() -> None:
    exchange = FakeExchange(sequence=90)
    exchange.oldest_sequence = 51
    async with reading(exchange, exchange, Version(1, 10)) as out:
        exchange.line(51)
        await out.tells(("lost", (1, 11, 1, 50)), 51)
        assert exchange.opened == [(1, 10), (1, 50)]


async def test_history_gone_in_a_gap() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange) as out:
        exchange.line(1)
        await out.tells(1)
        exchange.oldest_sequence = 4
        exchange.line(7)
        await out.tells(1, ("lost", (1, 2, 1, 3)), 4, 5, 6, 7)


async def test_history_gone_reaches_past_what_is_here_already() -> None:
    exchange = FakeExchange()
    exchange.oldest_sequence = 6
    async with reading(exchange, exchange, Version(1, 5)) as out:
        await exchange.opens(1)
        exchange.line(8, 9)
        exchange.oldest_sequence = 12
        exchange.line(13)
        await out.tells(("lost", (1, 6, 1, 7)), 8, 9, ("lost", (1, 10, 1, 11)), 12, 13)


async def test_history_that_lacks_a_trade_is_given_up() -> None:
    exchange = FakeExchange()
    exchange.lost_from_history = {2}
    async with reading(exchange, exchange) as out:
        exchange.line(1, 4)
        await out.tells(1, ("lost", (1, 2, 1, 2)), 3, 4)


async def test_silence_ends_the_connection() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_silence_max_ms=30) as out:
        exchange.line(1)
        await exchange.opens(3)
        assert exchange.opened[:2] == [(1, 0), (1, 1)]
        exchange.line(2)
        await out.tells(1, 2)


async def test_stale_until_heard_and_again_after_silence() -> None:
    exchange = FakeExchange()
    exchange.refusals = 10_000
    async with reading(exchange, exchange, feed_silence_max_ms=60) as out:
        await exchange.opens(1)
        assert out.reader.stale
        assert out.reader.lag_ms is None
        exchange.refusals = 0
        await holds(lambda: not out.reader.stale)
        exchange.refusals = 10_000
        exchange.hang_up()
        await holds(lambda: out.reader.stale)
        assert not out.reader.connected


async def test_heartbeats_keep_a_quiet_feed_live() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_silence_max_ms=400) as out:
        for _ in range(12):
            exchange.heartbeat()
            await asyncio.sleep(0.05)
        assert not out.reader.stale
        assert exchange.opened == [(1, 0)]


async def test_caught_up_when_all_is_read_that_had_traded() -> None:
    exchange = FakeExchange(sequence=3)
    async with reading(exchange, exchange) as out:
        await holds(lambda: out.reader.connected)
        exchange.line(1, 2)
        await out.tells(1, 2)
        assert not out.reader.caught_up
        exchange.line(3)
        await holds(lambda: out.reader.caught_up)
        exchange.refusals = 10_000
        exchange.hang_up()
        await holds(lambda: not out.reader.caught_up)


async def test_slow_order_side_stops_the_reading_and_loses_nothing() -> None:
    exchange = FakeExchange()
    async with reading(exchange, exchange, feed_ahead_trades_max=10) as out:
        out.order_side_free.clear()
        for sequence in range(1, 101):
            exchange.line(sequence)
        await holds(lambda: exchange.read_lines >= 10)
        for _ in range(50):
            await asyncio.sleep(0)
        # Ten wait, and what the order side was handed before it stood still.
        assert exchange.read_lines <= 20
        out.order_side_free.set()
        await out.tells(*range(1, 101))
        assert out.prices == list(range(1, 101))


async def test_gap_that_can_not_be_filled_stops_the_reading() -> None:
    exchange = FakeExchange()
    exchange.history_free.clear()
    async with reading(exchange, exchange, feed_ahead_trades_max=10) as out:
        for sequence in range(2, 101):
            exchange.line(sequence)
        await holds(lambda: exchange.read_lines >= 10)
        for _ in range(50):
            await asyncio.sleep(0)
        assert exchange.read_lines == 10
        exchange.history_free.set()
        await out.tells(*range(1, 101))


async def test_order_side_that_fails_ends_the_reader() -> None:
    async def fail(_trades: Sequence[Trade], _position: Version) -> None:
        raise RuntimeError("broken on purpose")

    async def ignore(*_: object) -> None:
        """Nothing of the kind happens here."""

    exchange = FakeExchange()
    reader = FeedReader(
        exchange,
        exchange,
        config(),
        SystemClock(),
        Random(1),
        start=Version(1, 0),
        on_prices=lambda _trades: None,
        on_orders=fail,
        on_new_epoch=ignore,
        on_history_lost=ignore,
    )
    exchange.line(1)
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(reader.run(), DEADLINE_S)
    assert reader.position == Version(1, 0)


async def test_exchange_that_has_forgotten_what_it_told_is_not_live_until_a_new_epoch() -> None:
    exchange = FakeExchange(sequence=2)
    exchange.forgotten = True
    async with reading(exchange, exchange, Version(1, 5)) as out:
        exchange.line(3)
        exchange.heartbeat()
        await holds(lambda: exchange.read_lines == 2)
        assert out.reader.stale
        assert not out.reader.caught_up
        exchange.hang_up()
        await exchange.opens(2)
        exchange.heartbeat()
        await holds(lambda: exchange.read_lines == 3)
        assert out.reader.stale
        assert not out.reader.caught_up
        exchange.begin_epoch(2)
        exchange.hang_up()
        await exchange.opens(3)
        exchange.line(1)
        await out.tells(("epoch", 2), 1)
        await holds(lambda: out.reader.caught_up)
        assert not out.reader.stale
