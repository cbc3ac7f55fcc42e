"""Bars: what traded in an interval. Four sizes are kept; every other is made of these.

`at` counts the size's own unit: seconds, minutes or hours since 1970 UTC, or the market's day number (`market_day`).
A price of 0 is none: there was volume, but only off the market.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
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


def combined(older: Bar, newer: Bar) -> Bar:
    """One bar of two that belong to the same interval; `older` traded first. It keeps `older.at`."""
    volume = older.volume + newer.volume
    if not newer.open_e4:
        return older._replace(volume=volume)
    if not older.open_e4:
        return newer._replace(at=older.at, volume=volume)
    return Bar(
        older.at,
        older.open_e4,
        max(older.high_e4, newer.high_e4),
        min(older.low_e4, newer.low_e4),
        newer.close_e4,
        volume,
    )


def folded(bars: Iterable[Bar], place_of: Callable[[int], int]) -> list[Bar]:
    """`bars`, in time order, as bars of longer intervals; `place_of` gives the longer interval that a bar's `at` is in."""
    whole: list[Bar] = []
    place: int | None = None
    open_e4 = high_e4 = low_e4 = close_e4 = volume = 0
    for at, its_open_e4, its_high_e4, its_low_e4, its_close_e4, its_volume in bars:
        its_place = place_of(at)
        if its_place != place:
            if place is not None:
                whole.append(Bar(place, open_e4, high_e4, low_e4, close_e4, volume))
            place = its_place
            open_e4, high_e4, low_e4, close_e4 = its_open_e4, its_high_e4, its_low_e4, its_close_e4
            volume = its_volume
            continue
        # As `combined` does it, without a bar for each step: one request folds fifteen thousand.
        volume += its_volume
        if not its_open_e4:
            continue
        if not open_e4:
            open_e4, high_e4, low_e4 = its_open_e4, its_high_e4, its_low_e4
        high_e4 = max(high_e4, its_high_e4)
        low_e4 = min(low_e4, its_low_e4)
        close_e4 = its_close_e4
    if place is not None:
        whole.append(Bar(place, open_e4, high_e4, low_e4, close_e4, volume))
    return whole


def merged(*parts: Iterable[Bar]) -> list[Bar]:
    """All of them, in time order; where they have bars at the same place, one of these. `parts` come oldest first."""
    bars: dict[int, Bar] = {}
    for part in parts:
        for bar in part:
            before = bars.get(bar.at)
            bars[bar.at] = bar if before is None else combined(before, bar)
    return [bars[at] for at in sorted(bars)]


def replaced(bars: Iterable[Bar], by: Iterable[Bar]) -> list[Bar]:
    """`bars` in time order, with those of `by` in their places."""
    whole = {bar.at: bar for bar in bars}
    whole.update((bar.at, bar) for bar in by)
    return [whole[at] for at in sorted(whole)]
