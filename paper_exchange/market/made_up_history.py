"""What made-up stocks did before the market began: days for ten years, minutes for some days, out of the seed.

Reads from the seed; writes nothing, and works out a stock only when asked. The next run makes up the same: what it ends with is
where the first run began.
"""

import math
from functools import lru_cache
from random import Random

from paper_exchange.market.bars import merged, parts
from paper_exchange.market.new_york import DAY_NS, day_begins_ns, day_number
from paper_exchange.market.port import Bar
from paper_exchange.market.seeded import seeded

MINUTE_NS = 60_000_000_000
DAYS_BACK = 3_653
MINUTE_DAYS_BACK = 32  # a month's chart by hours is whole from the first start on
MINUTE_DAYS_KEPT = 11
STOCKS_KEPT = 64
DAILY_MOVE = 0.015
DAILY_MOVE_MAX = 0.06
LOWEST_E4 = 10_000
CENT_E4 = 100


class StockHistory:
    """One stock: `price_e4` is where it stands at `ends_at_ns`, `daily_shares` its usual volume."""

    def __init__(self, seed: int, symbol: str, price_e4: int, daily_shares: int, ends_at_ns: int) -> None:
        self._seed = seed
        self._symbol = symbol
        self._price_e4 = price_e4
        self._daily_shares = daily_shares
        self._ends_at_ns = ends_at_ns
        self._today = day_number(ends_at_ns)
        self._days = lru_cache(maxsize=1)(self._make_days)
        self._minutes = lru_cache(maxsize=MINUTE_DAYS_KEPT)(self._make_minutes)

    def where_it_ends(self) -> tuple[int, Bar | None]:
        """The close of the day before, and the day up to the end; None: it ends with the day before."""
        random = self._random(self._today)
        before_e4 = _before(self._price_e4, random)
        return before_e4, self._day(self._today, before_e4, self._price_e4, random) if self._minutes_in(
            self._today
        ) else None

    def bars(self, from_ns: int, to_ns: int, interval_ns: int) -> list[Bar]:
        """Bars that start in `from_ns` (inclusive) to `to_ns`; none for an interval that is no multiple of a minute."""
        if interval_ns <= 0 or interval_ns % MINUTE_NS:
            return []
        shorter = self._days() if interval_ns % DAY_NS == 0 else self._all_minutes(from_ns, to_ns + interval_ns)
        first_ns = -(-from_ns // interval_ns) * interval_ns
        last_ns = min(to_ns + interval_ns, self._ends_at_ns)
        whole = merged((bar for bar in shorter if first_ns <= bar.at_ns < last_ns), interval_ns)
        return [bar for bar in whole if bar.at_ns < to_ns]

    def _all_minutes(self, from_ns: int, to_ns: int) -> list[Bar]:
        oldest = self._today - MINUTE_DAYS_BACK
        first = day_number(max(from_ns, day_begins_ns(oldest)))
        last = day_number(max(0, min(to_ns, self._ends_at_ns)))
        return [bar for day in range(first, last + 1) for bar in self._minutes(day)]

    def _random(self, day: int) -> Random:
        return seeded(self._seed, self._symbol, day)

    def _minutes_in(self, day: int) -> int:
        """Whole minutes of a day before the end."""
        return (min(self._ends_at_ns, day_begins_ns(day + 1)) - day_begins_ns(day)) // MINUTE_NS

    def _make_days(self) -> list[Bar]:
        """Backwards from today, whose close is the price at the end."""
        close_e4 = self._price_e4
        bars = []
        for day in range(self._today, self._today - DAYS_BACK, -1):
            random = self._random(day)
            before_e4 = _before(close_e4, random)
            bars.append(self._day(day, before_e4, close_e4, random))
            close_e4 = before_e4
        return bars[::-1] if self._minutes_in(self._today) else bars[:0:-1]

    def _day(self, day: int, before_e4: int, close_e4: int, random: Random) -> Bar:
        open_e4 = _cents(before_e4 * (1 + 0.003 * random.gauss(0.0, 1.0)))
        high_e4 = _cents(max(open_e4, close_e4) * (1 + 0.006 * random.random()))
        low_e4 = _cents(min(open_e4, close_e4) * (1 - 0.006 * random.random()))
        elapsed = min(1.0, (self._ends_at_ns - day_begins_ns(day)) / DAY_NS) if day == self._today else 1.0
        volume = int(self._daily_shares * elapsed * random.lognormvariate(0.0, 0.3))
        return Bar(day * DAY_NS, open_e4, high_e4, low_e4, close_e4, volume)

    def _make_minutes(self, day: int) -> list[Bar]:
        count = self._minutes_in(day)
        if not count:
            return []
        bar = self._days()[day - self._today - (1 if self._minutes_in(self._today) else 0)]
        return minutes_of(bar, day_begins_ns(day), count, seeded(self._seed, self._symbol, day, "minutes"))


def minutes_of(day: Bar, begins_ns: int, count: int, random: Random) -> list[Bar]:
    """`count` minutes from `begins_ns` on whose open, high, low, close and volume together are exactly those of `day`."""
    path_e4 = _path(day, count, random)
    volumes = parts(day.volume, [random.lognormvariate(0.0, 0.7) for _ in range(count)])
    highest = max(range(count), key=lambda minute: max(path_e4[minute : minute + 2]))
    lowest = min(range(count), key=lambda minute: min(path_e4[minute : minute + 2]))
    bars = []
    for minute in range(count):
        open_e4, close_e4 = path_e4[minute], path_e4[minute + 1]
        above_e4, below_e4 = CENT_E4 * int(3 * random.random()), CENT_E4 * int(3 * random.random())
        high_e4 = day.high_e4 if minute == highest else min(day.high_e4, max(open_e4, close_e4) + above_e4)
        low_e4 = day.low_e4 if minute == lowest else max(day.low_e4, min(open_e4, close_e4) - below_e4)
        bars.append(Bar(begins_ns + minute * MINUTE_NS, open_e4, high_e4, low_e4, close_e4, volumes[minute]))
    return bars


def _path(day: Bar, count: int, random: Random) -> list[int]:
    """`count + 1` prices from open to close, a random walk tied at both ends and kept between low and high."""
    walk = [0.0]
    for _ in range(count):
        walk.append(walk[-1] + random.gauss(0.0, 1.0))
    tied = [walk[step] - walk[-1] * step / count for step in range(count + 1)]
    scale = 0.8 * (day.high_e4 - day.low_e4) / max(1e-9, max(tied) - min(tied))
    drift = (day.close_e4 - day.open_e4) / count
    inside = (_within(_cents(day.open_e4 + drift * i + scale * tied[i]), day) for i in range(1, count))
    return [day.open_e4, *inside, day.close_e4]


def _within(price_e4: int, day: Bar) -> int:
    """Turned back at the day's high and low: a price that waits there looks like a market that stands still."""
    turned_e4 = min(price_e4, 2 * day.high_e4 - price_e4)
    return min(day.high_e4, max(day.low_e4, turned_e4, 2 * day.low_e4 - turned_e4))


def _before(close_e4: int, random: Random) -> int:
    """The close of the day before, by the day's own random move."""
    move = max(-DAILY_MOVE_MAX, min(DAILY_MOVE_MAX, random.gauss(0.0004, DAILY_MOVE)))
    return _cents(close_e4 * math.exp(-move))


def _cents(price_e4: float) -> int:
    return max(LOWEST_E4, round(price_e4 / CENT_E4) * CENT_E4)
