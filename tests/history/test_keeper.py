import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from locksley.bar_store.port import Gap
from locksley.domain.bar import Bar, Size
from locksley.domain.market_day import day_starts_ms, market_day
from locksley.domain.price import Trade, Version
from locksley.exchange.port import AsOf
from locksley.prices.history.keeper import FOLD_TRADES_ASKED, BarKeeper
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


async def test_first_start_asks_for_what_traded_before(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(251, shares=1)])
        await at.reaches(251)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [251]


async def test_first_start_asks_for_no_more_than_its_bound(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past, bars_first_trades_max=50) as at:
        at.keeper.take([trade(251, shares=1)])
        await at.reaches(251)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [51]


async def test_quiet_market_is_caught_up_by_what_the_exchange_tells(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 8)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.note(AsOf(1, 7, FRIDAY_MS))
        await at.reaches(7)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [7]


async def test_what_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    past = PastOfExchange()
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        await at.keeper.keep()
    past.known = [trade(number) for number in range(1, 10)]
    past.oldest = 6
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(9)])
        await at.reaches(9)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(1, 2), Version(1, 5), FRIDAY_MS)]
        assert [bar[-1] for bar in await _bars(at, "1d")] == [500]


async def test_more_than_may_wait_is_asked_for_again(tmp_path: Path) -> None:
    trades = [trade(number, shares=1) for number in range(1, 101)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades), bars_waiting_trades_max=10) as at:
        for one in trades:
            at.keeper.take([one])
        await at.reaches(100)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [100]
        assert at.past.asked


async def test_new_epoch_goes_on_after_the_rest_of_the_old(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 4)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, shares=1)])
        at.keeper.take([trade(1, shares=10, epoch=2), trade(2, shares=10, epoch=2)])
        await at.reaches(2, epoch=2)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [23]


async def _keep_first(path: Path) -> None:
    async with desk(path, PastOfExchange()) as at:
        at.keeper.take([trade(1, shares=1)])
        await at.reaches(1)
        await at.keeper.keep()


async def test_epoch_that_began_and_ended_while_nobody_listened(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange([trade(number, shares=10, epoch=2) for number in range(1, 251)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, shares=1, epoch=3)])
        await at.reaches(1, epoch=3)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [2_502]


async def test_epoch_that_began_and_ended_and_that_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange()
    past.oldest = 2
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, epoch=5)])
        await at.reaches(1, epoch=5)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(2, 1), Version(5, 0), FRIDAY_MS)]


async def test_epochs_that_are_no_count_are_not_all_asked_for(tmp_path: Path) -> None:
    await _keep_first(tmp_path / "bars.sqlite")
    past = PastOfExchange()
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, epoch=1_795_186_800)])
        await at.reaches(1, epoch=1_795_186_800)
        assert len(past.asked) == 1


async def test_old_epoch_that_history_no_longer_has_is_a_gap(tmp_path: Path) -> None:
    past = PastOfExchange()
    past.oldest = 5
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        at.keeper.take([trade(1, epoch=2)])
        await at.reaches(1, epoch=2)
        await at.keeper.keep()
        assert await at.store.gaps() == [Gap(Version(1, 2), Version(2, 0), FRIDAY_MS)]


class SilentFrom(PastOfExchange):
    """An exchange that answers for nothing after a sequence."""

    def __init__(self, sequence: int, trades: Sequence[Trade]) -> None:
        super().__init__(trades)
        self.sequence = sequence

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        if after >= self.sequence:
            await asyncio.Event().wait()
        return await super().trades(epoch, after, until)


async def test_catching_up_is_kept_as_it_goes(tmp_path: Path) -> None:
    past = PastOfExchange([trade(1)])
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1)])
        await at.reaches(1)
        await at.keeper.keep()
    silent = SilentFrom(1_000, [trade(number, shares=1) for number in range(1, 2_001)])
    async with desk(tmp_path / "bars.sqlite", silent, bars_open_max=500) as at:
        at.keeper.take([trade(2_001, shares=1)])
        await at.reaches(1_000)
    async with desk(tmp_path / "bars.sqlite", past) as at:
        kept = await at.store.kept()
        assert kept is not None
        assert kept.position >= (1, 500)


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


async def test_epochs_among_what_waits(tmp_path: Path) -> None:
    """Two resets by the operator while nobody looks; of the second epoch the feed heard only the end."""
    past = PastOfExchange([trade(4, 104)])
    async with desk(tmp_path / "bars.sqlite", past, **WAITING) as at:
        at.keeper.take([trade(1, 101)])
        await at.reaches(1)
        at.keeper.take([trade(2, 102), trade(3, 103)])
        at.keeper.take([trade(1, 201, epoch=2), trade(2, 202, epoch=2)])
        at.keeper.take([trade(1, 301, epoch=3)])
        at.keeper.take([trade(2, 300, epoch=3)])
        assert await _bars(at, "1s") == [(101, 103, 101, 103, 300)]
        await at.reaches(2, epoch=3)
        assert await _bars(at, "1s") == [(101, 301, 101, 300, 800)]


async def test_more_than_may_wait_while_nobody_looks(tmp_path: Path) -> None:
    trades = [trade(number, 100 + number, 1) for number in range(1, 101)]
    past = PastOfExchange(trades)
    async with desk(tmp_path / "bars.sqlite", past, bars_waiting_trades_max=30, **WAITING) as at:
        at.keeper.take(trades[:1])
        await at.reaches(1)
        for place in range(2, 100, 3):  # behind a gap
            at.keeper.take(trades[place : place + 3])
        assert await _bars(at, "1d") == [(101, 101, 101, 101, 1)]
        await at.reaches(100)
        assert await _bars(at, "1d") == [(101, 200, 101, 200, 100)]
        assert (past.asked[0][1], max(until for _, _, until in past.asked)) == (1, 71)


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


class Watched(PastOfExchange):
    """An exchange that looks at the keeper whenever it is asked."""

    keeper: BarKeeper
    most = 0

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        self.most = max(self.most, self.keeper._open.unsorted_count)
        return await super().trades(epoch, after, until)


async def test_trades_of_history_are_sorted_while_catching_up(tmp_path: Path) -> None:
    past = Watched([trade(number, 100 + number, 1) for number in range(1, 2_001)])
    opened = Desk(tmp_path / "bars.sqlite", past, bars_sort_at_trades=150)
    past.keeper = opened.keeper
    running = asyncio.create_task(opened.keeper.run())
    opened.keeper.take([trade(2_001, 5_000, 1)])
    await opened.reaches(2_001)
    assert 100 <= past.most < 150
    assert await _bars(opened, "1d") == [(101, 5_000, 101, 5_000, 2_001)]
    running.cancel()
    await asyncio.wait([running])
    opened.store.close()


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


async def test_whoever_asks_does_not_wait_for_all_that_is_caught_up(tmp_path: Path) -> None:
    trades = [trade(number, 100 + number, 1) for number in range(1, 2 * FOLD_TRADES_ASKED + 1)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(trades[1:2]), **WAITING) as at:
        at.keeper.take(trades[:1])
        await at.reaches(1)
        for first in range(2, len(trades), 50):
            at.keeper.take(trades[first : first + 50])
        at.keeper._add(trades[1:2])  # the gap is filled, and nobody had time to look
        assert len(at.keeper.open_ticks("META", 0).at_ms) == 2 + FOLD_TRADES_ASKED
        await at.reaches(len(trades))
        assert [bar[-1] for bar in await _bars(at, "1d")] == [len(trades)]


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
