"""Bars: what traded in an interval. Four sizes are kept; every other is made of these.

`at` counts the size's own unit: seconds, minutes or hours since 1970 UTC, or the market's day number (`market_day`).
A price of 0 is none: there was volume, but only off the market.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple


class Size(IntEnum):
    """The sizes that are kept."""

    SECOND = 0
    MINUTE = 1
    HOUR = 2
    DAY = 3


class Bar(NamedTuple):
    at: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int


_FIELDS = [itemgetter(place) for place in range(len(Bar._fields))]


def combined(older: Bar, newer: Bar) -> Bar:
    """One bar of two that belong to the same interval; `older` traded first. It keeps `older.at`."""
    return _one(older.at, *zip(older[1:], newer[1:], strict=True))


def folded(bars: Iterable[Bar], place_of: Callable[[int], int]) -> list[Bar]:
    """`bars`, in time order, as bars of longer intervals; `place_of` gives the longer interval that a bar's `at` is in."""
    # By columns, not bar by bar: one request folds ten thousand.
    bars = list(bars)
    ats, opens, highs, lows, closes, volumes = (list(map(field, bars)) for field in _FIELDS)
    places = list(map(place_of, ats))
    whole: list[Bar] = []
    first = 0
    while first < len(places):
        place = places[first]
        last = bisect_right(places, place, first)
        whole.append(
            _one(
                place,
                opens[first:last],
                highs[first:last],
                lows[first:last],
                closes[first:last],
                volumes[first:last],
            )
        )
        first = last
    return whole


def _one(
    at: int,
    opens_e4: Sequence[int],
    highs_e4: Sequence[int],
    lows_e4: Sequence[int],
    closes_e4: Sequence[int],
    volumes: Sequence[int],
) -> Bar:
    """One bar of at least one; `at` is its own, the columns are theirs, oldest first."""
    if 0 in opens_e4:
        priced = [place for place, open_e4 in enumerate(opens_e4) if open_e4]
        if not priced:
            return Bar(at, 0, 0, 0, 0, sum(volumes))
        opens_e4, highs_e4, lows_e4, closes_e4 = (
            [column[place] for place in priced] for column in (opens_e4, highs_e4, lows_e4, closes_e4)
        )
    return Bar(at, opens_e4[0], max(highs_e4), min(lows_e4), closes_e4[-1], sum(volumes))


def merged(*parts: Iterable[Bar]) -> list[Bar]:
    """All of them, in time order; where they have bars at the same place, one of these. `parts` come oldest first."""
    bars: dict[int, Bar] = {}
    for part in parts:
        for bar in part:
            before = bars.get(bar.at)
            bars[bar.at] = bar if before is None else combined(before, bar)
    return [bars[at] for at in sorted(bars)]


def with_late(bars: Iterable[Bar], late: Iterable[Bar]) -> list[Bar]:
    """`bars`, in time order, and trades that came after they were made, of moments that are not known within them: these
    widen a bar and add to its volume, and leave what it began and ended with."""
    whole = {bar.at: bar for bar in bars}
    for bar in late:
        before = whole.get(bar.at)
        whole[bar.at] = bar if before is None else _widened(before, bar)
    return [whole[at] for at in sorted(whole)]


def _widened(bar: Bar, late: Bar) -> Bar:
    whole = combined(bar, late)
    return whole._replace(close_e4=bar.close_e4) if bar.open_e4 else whole


def replaced(bars: Sequence[Bar], by: Sequence[Bar]) -> list[Bar]:
    """`bars` in time order, with those of `by`, in time order too, in their places."""
    if not bars or not by or bars[-1].at < by[0].at:
        return [*bars, *by]
    whole = {bar.at: bar for bar in bars}
    whole.update((bar.at, bar) for bar in by)
    return [whole[at] for at in sorted(whole)]
