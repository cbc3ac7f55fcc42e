from datetime import date, timedelta
from pathlib import Path
from random import Random

from locksley.domain.intervals import INTERVALS
from locksley.domain.money import shown_price_cents
from locksley.domain.price import Trade
from locksley.prices.history.price_history import Timed
from tests.history.desk import Desk, PastOfExchange, desk
from tests.history.from_file import Expected, bars_of, rows_of, trades_of
from tests.tapes import DAYS, LEVELS_E4, write_quirky_tape

INTERVAL_NAMES = sorted(INTERVALS)


def _told(timed: Timed) -> Expected:
    bar = timed.bar
    prices = [shown_price_cents(price_e4) for price_e4 in bar[1:5]]
    return Expected(timed.at_ms, *prices, bar.volume)  # type: ignore[call-arg]


async def _deal(at: Desk, trades: list[Trade], random: Random) -> None:
    """In pieces, as a feed does; now and then kept, and what is over settled."""
    place = 0
    while place < len(trades):
        count = random.choice((1, 7, 100, 400))
        at.keeper.take(trades[place : place + count])
        place += count
        await at.reaches(min(place, len(trades)))
        if random.random() < 0.3:
            await (at.settled() if random.random() < 0.5 else at.keeper.keep())


async def test_bars_of_a_replayed_tape_are_those_of_its_file(tmp_path: Path) -> None:
    rows = rows_of(write_quirky_tape(tmp_path, 1).trades)
    trades = trades_of(rows)
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_per_answer_max=700) as at:
        await _deal(at, trades, Random(1))
        for first_day, range_name in ((DAYS[-1], "1d"), (DAYS[0], "1w"), (date.min, "all")):
            for symbol in LEVELS_E4:
                for interval in INTERVAL_NAMES:
                    from_day = first_day - timedelta(days=first_day.weekday()) if interval == "1w" else first_day
                    expected = bars_of(rows, symbol, interval, from_day)
                    assert [_told(timed) for timed in await at.show(symbol, range_name, interval)] == expected


async def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    rows = rows_of(write_quirky_tape(tmp_path, 3).trades)
    trades = trades_of(rows)
    past = PastOfExchange()
    random = Random(3)
    place = 0
    while place < len(trades):
        # The next process goes on from where the order side is, which is not where the bars are.
        async with desk(tmp_path / "bars.sqlite", past) as at:
            piece = trades[place : place + random.randrange(1, 900)]
            place += len(piece)
            past.known = trades[:place]
            at.keeper.take(piece)
            await at.reaches(place)
            if random.random() < 0.5:
                await at.settled()
                at.keeper.take(piece)
    async with desk(tmp_path / "bars.sqlite", past) as at:
        at.keeper.take(trades[-1:])
        await at.reaches(len(trades))
        for symbol in LEVELS_E4:
            for interval in ("1s", "1m", "1h", "1d"):
                told = [_told(timed) for timed in await at.show(symbol, "all", interval)]
                assert told == bars_of(rows, symbol, interval, date.min)
    assert past.asked
