import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from locksley.domain.bar import Bar, Size
from locksley.domain.market_day import day_starts_ms, market_day
from locksley.exchange.port import AsOf
from tests.history.desk import DEADLINE_S, Desk, PastOfExchange, desk
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

HOUR_MS = 3_600_000


async def _bars(at: Desk, interval: str, range_name: str = "all") -> list[tuple[int, ...]]:
    """(open, high, low, close, volume)"""
    return [tuple(timed.bar[1:]) for timed in await at.show("META", range_name, interval)]


async def test_off_market_print_moves_volume_only(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 100), trade(2, 900, 5_000, off_market=True), trade(3, 101)])
        await at.reaches(3)
        assert await _bars(at, "1s") == [(100, 101, 100, 101, 5_200)]


async def test_second_with_only_an_off_market_print_has_the_close_before(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take(
            [
                trade(1, 900, 7, off_market=True),
                trade(2, 100, at_ms=FRIDAY_MS + 1_000),
                trade(3, 900, 5_000, at_ms=FRIDAY_MS + 2_000, off_market=True),
            ]
        )
        await at.reaches(3)
        assert await _bars(at, "1s") == [(100, 100, 100, 100, 100), (100, 100, 100, 100, 5_000)]
        assert await _bars(at, "1m") == [(100, 100, 100, 100, 5_107)]


async def test_late_trade_changes_the_bar_that_it_belongs_to(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 100), trade(2, 105, at_ms=FRIDAY_MS + 2 * HOUR_MS)])
        await at.reaches(2)
        await at.settled()
        at.keeper.take([trade(3, 110, 1, at_ms=FRIDAY_MS + 30_000)])
        await at.reaches(3)
        assert await _bars(at, "1h") == [(100, 110, 100, 110, 101), (105, 105, 105, 105, 100)]
        await at.settled()
        assert await _bars(at, "1m") == [(100, 110, 100, 110, 101), (105, 105, 105, 105, 100)]
        assert await _bars(at, "1d") == [(100, 110, 100, 105, 201)]


async def test_trades_told_twice_count_once(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1), trade(2)])
        at.keeper.take([trade(2), trade(3)])
        await at.reaches(3)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [300]


WAITING = {"bars_sort_at_trades": 10_000}


async def test_late_trade_at_the_end_of_a_batch_does_not_hold_the_markets_time_up(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        midnight_ms = day_starts_ms(market_day(FRIDAY_MS) + 1)
        at.keeper.take([trade(1, 100, at_ms=midnight_ms), trade(2, 99, at_ms=midnight_ms - 1)])
        await at.reaches(2)
        assert at.history.now_ms == midnight_ms


async def test_what_waits_is_shown_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), **WAITING) as at:
        at.keeper.take([trade(1, 100)])
        await at.reaches(1)
        midnight_ms = day_starts_ms(market_day(FRIDAY_MS) + 1)
        at.keeper.take([trade(2, 101, at_ms=midnight_ms - 1)])
        at.keeper.take([trade(3, 102, at_ms=midnight_ms)])
        at.keeper.take([trade(4, 99, at_ms=midnight_ms - 1)])
        assert at.history.now_ms == midnight_ms
        assert await _bars(at, "1d", "1d") == [(102, 102, 102, 102, 100)]
        assert await _bars(at, "1d") == [(100, 101, 99, 99, 300), (102, 102, 102, 102, 100)]


async def test_market_is_not_past_what_is_missing(tmp_path: Path) -> None:
    """A day ends, while trades of before it are still asked for."""
    past = PastOfExchange()
    async with desk(tmp_path / "bars.sqlite", past, **WAITING) as at:
        at.keeper.take([trade(1, 100)])
        await at.reaches(1)
        at.keeper.take([trade(2, 101)])
        at.keeper.take([trade(4, 102, at_ms=FRIDAY_MS + DAY_MS)])
        assert at.history.now_ms == FRIDAY_MS
        past.known = [trade(3, 103, at_ms=FRIDAY_MS + HOUR_MS)]
        await at.reaches(4)
        assert at.history.now_ms == FRIDAY_MS + DAY_MS
        assert await _bars(at, "1d") == [(100, 103, 100, 103, 300), (102, 102, 102, 102, 100)]


async def test_trades_are_sorted_while_nobody_asks(tmp_path: Path) -> None:
    symbols = ("META", "AAPL", "GOOG")
    trades = [trade(number, 100 + number, 1, symbol=symbols[number % 3]) for number in range(3_000)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_sort_at_trades=100) as at:
        at.keeper.take(trades[1:2])
        await at.reaches(1)
        for place in range(2, 3_000, 7):
            at.keeper.take(trades[place : place + 7])
            if place % 700 == 2:
                async with asyncio.timeout(DEADLINE_S):
                    while at.keeper._open.unsorted_count >= 100:
                        await asyncio.sleep(0.001)
        assert [len(at.keeper.open_ticks(symbol, 0).at_ms) for symbol in symbols] == [999, 1_000, 1_000]
        assert at.keeper.open_ticks("META", 0).price_e4 == tuple(range(103, 3_100, 3))
        await at.keeper.keep()
        assert await _bars(at, "1d") == [(103, 3_097, 103, 3_097, 999)]


async def test_what_the_store_gets_is_sorted_already(tmp_path: Path) -> None:
    """It asks in a thread of its own."""
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), **WAITING) as at:
        at.keeper.take([trade(1), trade(2)])
        await at.reaches(2)
        keep, unsorted = at.store.keep, []

        async def watched(*what: Any) -> None:
            assert at.keeper._keeping is not None
            unsorted.append(at.keeper._keeping.unsorted_count)
            await keep(*what)

        at.store.keep = watched  # type: ignore[method-assign, assignment]
        await at.keeper.keep()
        assert unsorted == [0]


async def test_killed_while_trades_wait(tmp_path: Path) -> None:
    trades = [trade(number, 100 + number, 1) for number in range(1, 11)]
    for stop in (2, 5, 8):
        async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades), **WAITING) as at:
            at.keeper.take(trades[stop - 2 : stop])
            await at.reaches(stop - 1)
            at.keeper.take(trades[stop - 1 : stop + 1])
            if stop == 5:
                await at.keeper.keep()
            at.keeper.take(trades[stop + 1 : stop + 2])
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades), **WAITING) as at:
        at.keeper.take(trades[9:])
        await at.reaches(9)
        assert await _bars(at, "1d") == [(101, 110, 101, 110, 10)]


async def test_seconds_and_minutes_are_let_go_after_their_time(tmp_path: Path) -> None:
    kept = {"bars_seconds_kept_days": 2, "bars_minutes_kept_days": 4}
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), **kept) as at:
        for day in range(7):
            at.keeper.take([trade(day + 1, at_ms=FRIDAY_MS + day * DAY_MS)])
            await at.reaches(day + 1)
            await at.settled()
        at.keeper.take([trade(8, at_ms=FRIDAY_MS + 6 * DAY_MS + HOUR_MS)])
        await at.reaches(8)
        await at.settled()
        counts = [len(await _bars(at, interval)) for interval in ("1s", "1m", "1h", "1d")]
        assert counts == [4, 6, 8, 7]


async def test_back_history_is_asked_for_once_and_goes_under_our_own(tmp_path: Path) -> None:
    past = PastOfExchange()
    today, minute = market_day(FRIDAY_MS), FRIDAY_MS // 60_000
    past.bars_known[Size.DAY] = [Bar(day, 5, 9, 1, 6, 1_000) for day in (today - 2, today - 1, today)]
    past.bars_known[Size.MINUTE] = [Bar(at, 50, 60, 40, 55, 10) for at in (minute - 61, minute - 1, minute)]
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, 100)])
        await at.reaches(1)
        whole_today = [(5, 9, 1, 6, 1_000)] * 2 + [(50, 100, 40, 100, 120)]
        assert await _bars(at, "1d") == whole_today
        assert await _bars(at, "1m") == [(50, 60, 40, 55, 10)] * 2 + [(100, 100, 100, 100, 100)]
        assert await _bars(at, "1d") == whole_today
        at.keeper.take([trade(2, 100, 1, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(2)
        await at.settled()
        assert await _bars(at, "1d") == [*whole_today[:2], (50, 100, 40, 100, 121)]
        assert past.bars_asked.count(Size.DAY) == 1


@pytest.mark.parametrize("before", ["1s", "1m", "1h", "1d", "1w"])
async def test_day_that_keeping_began_in_is_whole_whatever_was_asked_before(tmp_path: Path, before: str) -> None:
    past = PastOfExchange()
    minute = FRIDAY_MS // 60_000
    past.bars_known[Size.MINUTE] = [
        Bar(minute + n, 5_000 + n, 5_010 + n, 4_990 + n, 5_000 + n, 10) for n in range(-1_500, 0)
    ]
    midnight = day_starts_ms(market_day(FRIDAY_MS)) // 60_000
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, 100, at_ms=FRIDAY_MS)])
        await at.reaches(1)
        await at.show("META", "all", before)
        today = (5_000 + midnight - minute, 5_009, 100, 100, 100 + 10 * (minute - midnight))
        assert (await _bars(at, "1d"))[-1] == today
        assert sum(bar[-1] for bar in await _bars(at, "1h", "1d")) == today[-1]
        at.keeper.take([trade(2, 99, 1, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(2)
        await at.settled()
        assert (await _bars(at, "1d"))[-1] == (*today[:2], 99, 99, today[-1] + 1)


async def test_past_is_not_asked_for_before_it_is_known_where_it_ends(tmp_path: Path) -> None:
    past = PastOfExchange()
    past.bars_known[Size.DAY] = [Bar(market_day(FRIDAY_MS) - 1, 5, 9, 1, 6, 1_000)]
    opened = Desk(tmp_path / "bars.sqlite", past, bars_begin_wait_ms=1)
    opened.keeper.note(AsOf(1, 5, FRIDAY_MS))
    assert await opened.show("META", "all", "1d") == []
    assert past.bars_asked == []
    opened.store.close()


async def test_week_that_a_range_begins_within_is_whole(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        days_ago = (33, 32, 30, 0)  # the range begins on Wednesday, 30 days ago
        at.keeper.take([trade(n, 100 + n, at_ms=FRIDAY_MS - ago * DAY_MS) for n, ago in enumerate(days_ago, 1)])
        await at.reaches(4)
        assert await _bars(at, "1w", "1m") == [(102, 103, 102, 103, 200), (104, 104, 104, 104, 100)]


async def test_store_that_can_not_be_read_at_first(tmp_path: Path) -> None:
    opened = Desk(tmp_path / "bars.sqlite", PastOfExchange())
    other = apsw.Connection(str(tmp_path / "bars.sqlite"))
    other.execute("ALTER TABLE kept RENAME TO lost")
    with capture_logs() as logs:
        running = asyncio.create_task(opened.keeper.run())
        opened.keeper.take([trade(1, 100), trade(2, 101)])
        async with asyncio.timeout(DEADLINE_S):
            while not logs and not running.done():
                await asyncio.sleep(0.001)
        assert logs[0]["event"] == "bars_not_read"
        other.execute("ALTER TABLE lost RENAME TO kept")
        await opened.reaches(2)
    running.cancel()
    await asyncio.wait([running])
    other.close()
    opened.store.close()
