"""Which ranges and intervals can be asked for, and which moments they mean, in the market's own days. Pure."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

from locksley.domain.bar import Size
from locksley.domain.market_day import EARLIEST_DAY, HOUR_MS, day_starts_ms, market_day

RangeName = Literal["1d", "1w", "1m", "1y", "all"]
IntervalName = Literal["1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "1d", "1w"]

UNIT_MS = {Size.SECOND: 1_000, Size.MINUTE: 60_000, Size.HOUR: HOUR_MS}


class Interval(NamedTuple):
    """Made of bars of `size`, `parts` of them at most; `place_of` gives the first of them for each."""

    size: Size
    parts: int
    place_of: Callable[[int], int]


def _every(size: Size, count: int) -> Interval:
    return Interval(size, count, lambda at: at - at % count)


def _monday_of(day: int) -> int:
    return day - (day - 1) % 7


INTERVALS: dict[str, Interval] = {
    "1s": _every(Size.SECOND, 1),
    "5s": _every(Size.SECOND, 5),
    "15s": _every(Size.SECOND, 15),
    "30s": _every(Size.SECOND, 30),
    "1m": _every(Size.MINUTE, 1),
    "5m": _every(Size.MINUTE, 5),
    "15m": _every(Size.MINUTE, 15),
    "30m": _every(Size.MINUTE, 30),
    "1h": _every(Size.HOUR, 1),
    "1d": _every(Size.DAY, 1),
    "1w": Interval(Size.DAY, 7, _monday_of),
}

USUAL_INTERVAL: dict[str, IntervalName] = {"1d": "5m", "1w": "30m", "1m": "1h", "1y": "1d", "all": "1d"}


def first_day(range_name: str, today: int) -> int:
    """The first market day of a range that ends with `today`; a month and a year begin the day after this date of the last one."""
    if range_name == "1d":
        return today
    if range_name == "1w":
        return today - 6
    if range_name == "all":
        return EARLIEST_DAY
    return _months_before(today, 1 if range_name == "1m" else 12) + 1


def starts_ms(size: Size, at: int) -> int:
    """When a bar begins, in milliseconds since 1970 UTC; a day with midnight in New York."""
    return day_starts_ms(at) if size is Size.DAY else at * UNIT_MS[size]


def place_at(size: Size, at_ms: int) -> int:
    """Which bar of a size a moment is in."""
    return market_day(at_ms) if size is Size.DAY else at_ms // UNIT_MS[size]


def _months_before(day: int, months: int) -> int:
    today = date.fromordinal(day)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(today.day, last)).toordinal()
