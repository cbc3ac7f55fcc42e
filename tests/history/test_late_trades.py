"""What is shown of trades that are not settled yet is what settling makes of them, at once, whenever they come."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from locksley.domain.bar import Bar, Size
from locksley.domain.intervals import INTERVALS
from locksley.domain.market_day import market_day
from locksley.prices.history.price_history import Asked, Timed
from tests.history.desk import Desk, PastOfExchange, desk
from tests.history.test_odd_trades import _bars, _hours_later
from tests.prices.trades import FRIDAY_MS, trade

HOUR_MS = 3_600_000
TODAY = market_day(FRIDAY_MS)


async def _shown(at: Desk, intervals: Iterable[str]) -> dict[str, list[Timed]]:
    return {interval: await at.show("META", "all", interval) for interval in intervals}


@pytest.mark.parametrize("is_kept", [False, True])
async def test_late_trade_is_neither_first_nor_last_unless_it_traded_so(tmp_path: Path, is_kept: bool) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 100, at_ms=FRIDAY_MS + 10_000), trade(2, 110, at_ms=FRIDAY_MS + 50_000)])
        await at.reaches(2)
        await at.keeper.keep()
        await _hours_later(at, 3, 1)
        for interval in INTERVALS.keys() - {"1s", "5s", "15s", "30s"}:
            assert await _bars(at, interval) == [(100, 110, 100, 110, 200)]
        for sequence, price_e4, second, whole in (
            (4, 90, 20, (100, 110, 90, 110, 201)),
            (5, 80, 5, (80, 110, 80, 110, 202)),
            (6, 105, 55, (80, 110, 80, 105, 203)),
        ):
            at.keeper.take([trade(sequence, price_e4, 1, at_ms=FRIDAY_MS + second * 1_000)])
            await at.reaches(sequence)
            if is_kept:
                await at.keeper.keep()
            for interval in INTERVALS.keys() - {"1s", "5s", "15s", "30s"}:
                assert await _bars(at, interval) == [whole]
        at_once = await _shown(at, INTERVALS)
        await at.keeper.keep()
        await _hours_later(at, 7, 3)
        assert await _shown(at, INTERVALS) == at_once


async def test_late_trade_of_an_hour_without_any_is_within_its_day(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 100), trade(2, 110, at_ms=FRIDAY_MS + 2 * HOUR_MS)])
        await at.reaches(2)
        await at.keeper.keep()
        await _hours_later(at, 3, 3)
        at.keeper.take([trade(4, 90, 1, at_ms=FRIDAY_MS + HOUR_MS), trade(5, 105, 1, at_ms=FRIDAY_MS + 3 * HOUR_MS)])
        await at.reaches(5)
        assert [bar[3] for bar in await _bars(at, "1h")] == [100, 90, 110, 105]
        assert await _bars(at, "1d") == [(100, 110, 90, 105, 202)]


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_shown_is_what_settling_makes(tmp_path: Path, seed: int) -> None:
    """Of hours whose trades are kept or were let go, and of before keeping began, when the exchange was asked about it or not."""
    random, past = Random(seed), PastOfExchange()
    past.bars_known[Size.DAY] = [Bar(TODAY - ago, 100, 130, 80, 110, 1_000) for ago in (2, 1)]
    past.bars_known[Size.MINUTE] = [
        Bar(minute, 100, 120, 90, 105, 10) for minute in range(FRIDAY_MS // 60_000 - 1_600, FRIDAY_MS // 60_000, 7)
    ]
    intervals = {"1m", "5m", "1h", "1d", "1w"}
    async with desk(tmp_path / "bars.sqlite", past, bars_seconds_kept_days=1) as at:
        now_ms, sequence = FRIDAY_MS, 0
        for _round in range(6):
            trades = []
            for left in reversed(range(random.randrange(1, 12))):
                sequence += 1
                is_late = sequence > 1 and left > 0 and random.random() < 0.4
                late_ms = random.choice((60_000, HOUR_MS, 5 * HOUR_MS, 30 * HOUR_MS)) if is_late else 0
                price_e4, is_off = random.randrange(50, 150), random.random() < 0.15
                trades.append(trade(sequence, price_e4, 1, at_ms=now_ms - late_ms, off_market=is_off))
                now_ms += random.choice((500, 20_000, HOUR_MS // 2))
            at.keeper.take(trades)
            await at.reaches(sequence)
            if random.random() < 0.3:
                continue
            await at.keeper.keep()
            # Asked once before: what the exchange tells comes under what is there.
            await _shown(at, intervals)
            at_once = await _shown(at, intervals)
            now_ms += random.choice((HOUR_MS, 9 * HOUR_MS))
            sequence += 1
            at.keeper.take([trade(sequence, symbol="AAPL", at_ms=now_ms)])
            await at.reaches(sequence)
            await at.settled()
            assert await _shown(at, intervals) == at_once


async def test_trade_of_before_keeping_began_is_left_to_the_exchange_until_it_is_asked(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 100), trade(2, 91, 1, at_ms=FRIDAY_MS - HOUR_MS), trade(3, 101)])
        await at.reaches(3)
        await at.keeper.keep()
        for _ in ("as it comes", "settled"):
            for interval in ("1m", "1h", "1d"):
                shown = await at.history.show(Asked("META", "all", interval), False)
                assert [tuple(timed.bar[1:]) for timed in shown.bars] == [(100, 101, 100, 101, 200)]
            await _hours_later(at, 4, 1)
