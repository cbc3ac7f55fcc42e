"""Daily bars as a market: each symbol's day becomes a path of at least 1,000 trades through open, high, low and close.

Reads from one CSV file, gzip or plain, held whole; writes nothing. All symbols trade from 09:30 to 16:00 New York of each date, in time
order. A day without volume has no trades. The paths follow from the seed, so that a run that died goes on with the same.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, time
from operator import attrgetter
from pathlib import Path

from paper_exchange.market.bar_rows import bars_of_file
from paper_exchange.market.bars import merged
from paper_exchange.market.companies import well_known
from paper_exchange.market.new_york import DAY_NS, day_after, days_ns, midnight_ns, moment_ns
from paper_exchange.market.port import Bar, DayStart, Event, Listing
from paper_exchange.market.price_path import PricePath
from paper_exchange.market.seeded import seeded
from paper_exchange.market.sessions import Sessions

OPENS, CLOSES = time(9, 30), time(16)


class DailyBars:
    """A `Recording` of a file of daily bars. A symbol's previous close, before its first day, is that day's open."""

    def __init__(self, path: Path, seed: int, once: bool) -> None:
        self._bars = bars_of_file(path)
        self._seed = seed
        self._days = sorted({day for bars in self._bars.values() for day in bars})
        names = {company.symbol: company.name for company in well_known()}
        self.listings: Sequence[Listing] = [
            Listing(symbol, names.get(symbol, symbol), next(iter(bars.values())).open_e4)
            for symbol, bars in sorted(self._bars.items())
        ]
        self.first_ns = moment_ns(self._days[0], OPENS)
        self.begins_ns = midnight_ns(self._days[0])
        self.span_ns = days_ns(self._days[0], self._days[-1])
        self.sessions = Sessions(self._days, OPENS, CLOSES, None if once else self.span_ns)
        self._reached = self._days[0]

    def events(self, after_ns: int) -> Iterator[Event]:
        for day in self._days:
            if midnight_ns(day_after(day)) <= after_ns:
                continue
            self._reached = day
            yield DayStart(midnight_ns(day))
            paths = [self._path(symbol, day).events() for symbol in sorted(self._bars) if day in self._bars[symbol]]
            yield from heapq.merge(*paths, key=attrgetter("at_ns"))

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        """The file's bars of the days before the one that is reached, for intervals of whole days, in the file's own time."""
        if interval_ns <= 0 or interval_ns % DAY_NS:
            return []
        known = (bar for day, bar in self._bars.get(symbol, {}).items() if day < self._reached)
        return [bar for bar in merged(known, interval_ns) if from_ns <= bar.at_ns < to_ns]

    def _path(self, symbol: str, day: date) -> PricePath:
        random = seeded(self._seed, symbol, day)
        return PricePath(symbol, self._bars[symbol][day], moment_ns(day, OPENS), moment_ns(day, CLOSES), random)
