"""Trades that come late, out of their time, or without a price, at the edges of hours, days and what is kept."""

import asyncio
from pathlib import Path

from locksley.bar_store.port import Split
from locksley.domain.bar import Bar, Size
from locksley.domain.errors import StorageUnavailable
from locksley.domain.market_day import day_starts_ms, market_day
from tests.history.desk import DEADLINE_S, Desk, PastOfExchange, desk
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

HOUR_MS = 3_600_000
TODAY = market_day(FRIDAY_MS)


async def _bars(at: Desk, interval: str, range_name: str = "all") -> list[tuple[int, ...]]:
    """(open, high, low, close, volume)"""
    return [tuple(timed.bar[1:]) for timed in await at.show("META", range_name, interval)]


async def _kept_until(at: Desk, sequence: int) -> None:
    await at.reaches(sequence)
    await at.keeper.keep()


async def _hours_later(at: Desk, sequence: int, hours: int) -> None:
    """Another symbol trades; what was before its hour is settled."""
    at.keeper.take([trade(sequence, symbol="AAPL", at_ms=FRIDAY_MS + hours * HOUR_MS)])
    await at.reaches(sequence)
    await at.settled()


async def test_settling_ends_where_a_trade_is_ahead_of_the_one_told_after_it(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, at_ms=FRIDAY_MS + 10), trade(2, symbol="AAPL", at_ms=FRIDAY_MS - 10)])
        await _kept_until(at, 2)
        at.keeper.take([trade(3, symbol="AAPL", at_ms=FRIDAY_MS + 1_000)])
        await _kept_until(at, 3)
        rounds = 0
        while await at.store.settle(at.keeper.newest_ms, 1):
            rounds += 1
            assert rounds <= 2
        assert await _bars(at, "1m") == [(5_010_000,) * 4 + (100,)]


async def test_late_trade_of_before_keeping_began_widens_the_day_that_the_exchange_told(tmp_path: Path) -> None:
    past = PastOfExchange()
    past.bars_known[Size.DAY] = [Bar(TODAY - 1, 50, 90, 10, 60, 1_000)]
    past.bars_known[Size.MINUTE] = [Bar(FRIDAY_MS // 60_000 - 1, 95, 97, 94, 96, 500)]
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, 100)])
        await at.reaches(1)
        assert await _bars(at, "1d") == [(50, 90, 10, 60, 1_000), (95, 100, 94, 100, 600)]
        at.keeper.take([trade(2, 91, 1, at_ms=FRIDAY_MS - DAY_MS), trade(3, 93, 2, at_ms=FRIDAY_MS - 50_000)])
        await _kept_until(at, 3)
        await _hours_later(at, 4, 1)
        assert await _bars(at, "1d") == [(50, 91, 10, 60, 1_001), (95, 100, 93, 100, 602)]
        assert await _bars(at, "1h", "1d") == [(95, 97, 93, 96, 502), (100, 100, 100, 100, 100)]
        assert (await _bars(at, "1m", "1d"))[0] == (95, 97, 93, 96, 502)


async def test_late_trade_that_the_exchange_has_yet_to_tell_is_told_once(tmp_path: Path) -> None:
    past = PastOfExchange()
    past.bars_known[Size.DAY] = [Bar(TODAY - 1, 50, 91, 10, 60, 1_001)]
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take([trade(1, 100), trade(2, 91, 1, at_ms=FRIDAY_MS - DAY_MS)])
        await _kept_until(at, 2)
        await _hours_later(at, 3, 1)
        assert await _bars(at, "1d") == [(50, 91, 10, 60, 1_001), (100, 100, 100, 100, 100)]


async def test_late_trade_for_an_hour_whose_trades_were_let_go_adds_to_its_bars(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_seconds_kept_days=1) as at:
        at.keeper.take([trade(1, 100), trade(2, 120), trade(3, 110, at_ms=FRIDAY_MS + 120 * HOUR_MS)])
        await _kept_until(at, 3)
        await _hours_later(at, 4, 121)
        at.keeper.take([trade(5, 130, 1, at_ms=FRIDAY_MS + 30_000)])
        await _kept_until(at, 5)
        await _hours_later(at, 6, 122)
        for interval in ("1m", "1h", "1d"):
            assert await _bars(at, interval) == [(100, 130, 100, 120, 201), (110, 110, 110, 110, 100)]


async def test_late_trade_does_not_hide_the_pages_between(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_per_answer_max=50) as at:
        times = [FRIDAY_MS + hour * HOUR_MS + n // 4 * 1_000 for hour in range(5) for n in range(80)]
        at.keeper.take([trade(number, 100, 1, at_ms=at_ms) for number, at_ms in enumerate(times, start=1)])
        await _kept_until(at, len(times))
        await _hours_later(at, len(times) + 1, 6)
        at.keeper.take([trade(len(times) + 2, 100, 1)])
        await at.reaches(len(times) + 2)
        bars = await _bars(at, "1s")
        assert len(bars) == 100
        assert sum(bar[-1] for bar in bars) == len(times) + 1


async def test_off_market_print_first_in_a_day_has_the_close_of_the_last_minute_before(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        midnight_ms = day_starts_ms(TODAY)
        at.keeper.take(
            [
                trade(1, 100, at_ms=midnight_ms - 1_000),
                trade(2, 200, 7, off_market=True, at_ms=midnight_ms + 1_000),
                trade(3, 300, at_ms=midnight_ms + 60_000),
            ]
        )
        await _kept_until(at, 3)
        assert await _bars(at, "1m", "1d") == [(100, 100, 100, 100, 7), (300, 300, 300, 300, 100)]


async def test_interval_that_begins_with_an_off_market_print_has_the_prices_of_its_trades_alone(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        monday_ms = FRIDAY_MS + 3 * DAY_MS
        at.keeper.take(
            [
                trade(1, 100),
                trade(2, 555, 7, off_market=True, at_ms=monday_ms),
                trade(3, 200, at_ms=monday_ms + 60_000),
                trade(4, 555, 9, off_market=True, at_ms=monday_ms + DAY_MS),
            ]
        )
        await _kept_until(at, 4)
        for interval in ("5m", "15m", "30m", "1h", "1d"):
            assert await _bars(at, interval) == [(100,) * 4 + (100,), (200,) * 4 + (107,), (200,) * 4 + (9,)]
        assert await _bars(at, "1w") == [(100,) * 4 + (100,), (200,) * 4 + (116,)]
        # Within the week in which it is split, the days of before are divided.
        await at.store.keep_splits([Split("META", TODAY + 4, 2, 1)])
        [before, week] = [tuple(timed.bar[1:]) for timed in await at.show("META", "all", "1w", adjusted=True)]
        assert (before, week) == ((50,) * 4 + (200,), (100,) * 4 + (223,))
        days = [tuple(timed.bar[1:]) for timed in await at.show("META", "1d", "5m", adjusted=True)]
        assert days == [(100,) * 4 + (9,)]


async def test_off_market_print_first_on_a_page_has_the_close_before_it_and_not_yesterdays(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_per_answer_max=2) as at:
        at.keeper.take([trade(1, 50, at_ms=FRIDAY_MS - DAY_MS)])
        prints = [trade(3 + n, 900, off_market=True, at_ms=FRIDAY_MS + (n + 1) * HOUR_MS) for n in range(6)]
        at.keeper.take([trade(2, 100), *prints])
        await _kept_until(at, 8)
        await _hours_later(at, 9, 8)
        assert await _bars(at, "1s", "1d") == [(100, 100, 100, 100, 100)] * 7


async def test_close_before_a_split_is_adjusted_where_it_stands_after_it(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 1_000, at_ms=FRIDAY_MS - DAY_MS), trade(2, 1_000, off_market=True)])
        at.keeper.take([trade(3, 100, at_ms=FRIDAY_MS + 60_000)])
        await at.reaches(3)
        await at.store.keep_splits([Split("META", TODAY, 10, 1)])
        assert [bar[0] for bar in await _bars(at, "1m", "1d")] == [1_000, 100]
        assert [timed.bar.open_e4 for timed in await at.show("META", "1d", "1m", adjusted=True)] == [100, 100]


async def test_what_is_open_is_bounded_while_much_is_settled(tmp_path: Path) -> None:
    trades = [trade(number, shares=1) for number in range(1, 1_001)]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_open_max=100, bars_keep_every_ms=10) as at:
        at.keeper.take(trades[:1])
        await at.reaches(1)
        most = 0

        async def settle(*_: object) -> int:
            nonlocal most
            position = at.keeper.position
            assert position is not None
            at.keeper.take(trades[position.sequence : position.sequence + 50])
            most = max(most, at.keeper._open.count)
            return int(position.sequence < 950)

        at.store.settle = settle  # type: ignore[method-assign, assignment]
        at.clock.advance(10)
        await at.reaches(1_000)
        assert most <= 150
        assert [bar[-1] for bar in await _bars(at, "1d")] == [1_000]


async def test_what_is_taken_is_bounded_while_settling_stalls(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 1_001)])
    bounds = {"bars_open_max": 100, "bars_waiting_trades_max": 50, "bars_keep_every_ms": 10}
    async with desk(tmp_path / "bars.sqlite", past, **bounds) as at:
        at.keeper.take(past.known[:1])
        await at.reaches(1)

        async def settle(*_: object) -> int:
            for one in past.known[1:]:
                at.keeper.take([one])
            assert (at.keeper._open.count, at.keeper._waiting.count) == (100, 50)
            return 0

        at.store.settle = settle  # type: ignore[method-assign, assignment]
        at.clock.advance(10)
        await at.reaches(1_000)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [1_000]


async def test_what_is_open_is_bounded_while_nothing_can_be_kept(tmp_path: Path) -> None:
    past = PastOfExchange([trade(number, shares=1) for number in range(1, 501)])
    bounds = {"bars_open_max": 100, "bars_waiting_trades_max": 100, "bars_keep_every_ms": 10}
    async with desk(tmp_path / "bars.sqlite", past, **bounds) as at:
        keep = at.store.keep

        async def full(*_: object) -> None:
            raise StorageUnavailable("the disk is full")

        at.store.keep = full  # type: ignore[method-assign, assignment]
        for one in past.known:
            at.keeper.take([one])
            at.clock.advance(10)
            await asyncio.sleep(0.001)
        assert at.keeper._keeping is not None
        assert at.keeper._open.count <= 200
        at.store.keep = keep  # type: ignore[method-assign]
        async with asyncio.timeout(DEADLINE_S):
            while at.keeper.position is None or at.keeper.position < (1, 500):
                at.clock.advance(10)
                await asyncio.sleep(0.001)
        assert [bar[-1] for bar in await _bars(at, "1d")] == [500]
