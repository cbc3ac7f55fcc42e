"""A line over time, drawn in braille: each character is two dots wide and four high."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from locksley.commands.formats import dollars

DOTS_WIDE, DOTS_HIGH = 2, 4
_BLANK = 0x2800
# The bit of each dot, by column and then from the bottom up.
_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
WIDTH_MIN = 20
HOURS_SPAN_MAX = timedelta(days=1, hours=12)  # a day's trading goes over midnight somewhere


def chart(
    values: Sequence[int], times: Sequence[datetime], width: int, height: int, *, by_time: bool = False
) -> list[str]:
    """Lines no wider than `width`: the picture with its highest and lowest value (cents) beside it, and times below. One value or more.

    Values have equal room, so that nights and weekends have none; with `by_time` each is where its time is.
    """
    labels = _labels(values, height)
    margin = max(map(len, labels)) + 1
    wide = max(WIDTH_MIN, width) - margin
    places = [(each - times[0]) // timedelta(milliseconds=1) for each in times] if by_time else range(len(values))
    picture = _picture(_spread(values, places, wide * DOTS_WIDE), wide, height)
    lines = [f"{label:>{margin - 1}} {row}" for label, row in zip(labels, picture, strict=True)]
    return [*(line.rstrip() for line in lines), " " * margin + _foot(times, wide)]


def _labels(values: Sequence[int], height: int) -> list[str]:
    low, high = min(values), max(values)
    labels = [""] * height
    labels[0] = dollars(high)
    if low < high:
        labels[-1] = dollars(low)
    return labels


def _spread(values: Sequence[int], places: Sequence[int], dots: int) -> list[int]:
    """A value for each dot across, on straight lines from each value to the next; `places` rise from 0."""
    last = len(values) - 1
    at = [place * (dots - 1) for place in places]  # so that a dot's place is whole, too
    spread = []
    for dot in range(dots):
        place = dot * places[-1]
        before = bisect_right(at, place) - 1
        after = min(last, before + 1)
        room = max(1, at[after] - at[before])
        spread.append(values[before] + (values[after] - values[before]) * (place - at[before]) // room)
    return spread


def _picture(values: Sequence[int], wide: int, height: int) -> list[str]:
    low, span = min(values), max(1, max(values) - min(values))
    top = height * DOTS_HIGH - 1
    levels = [(value - low) * top // span for value in values]
    cells = [[_BLANK] * wide for _ in range(height)]
    before = levels[0]
    for dot, level in enumerate(levels):
        for each in range(min(before, level), max(before, level) + 1):
            row = height - 1 - each // DOTS_HIGH
            cells[row][dot // DOTS_WIDE] |= _BITS[dot % DOTS_WIDE][each % DOTS_HIGH]
        before = level
    return ["".join(map(chr, row)) for row in cells]


def _foot(times: Sequence[datetime], wide: int) -> str:
    left, right = label(times[0], times[-1]), label(times[-1], times[0])
    return left + right.rjust(wide - len(left)) if len(left) + len(right) < wide else right


def label(moment: datetime, other: datetime) -> str:
    """A moment in a picture that goes from it to another, or to it from another: within a day or so this machine's hour, else the day."""
    is_short = abs(moment - other) <= HOURS_SPAN_MAX
    return moment.astimezone().strftime("%H:%M" if is_short else "%Y-%m-%d")
