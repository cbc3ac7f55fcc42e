"""Prices as if every share had always been what it is now: those before a split are divided by it, volumes multiplied. Pure."""

from collections.abc import Callable, Sequence

from locksley.bar_store.port import Split
from locksley.domain.bar import Bar
from locksley.domain.money import divide_half_even


def adjusted(bars: Sequence[Bar], splits: Sequence[Split], day_of: Callable[[int], int]) -> list[Bar]:
    """`bars` in time order; `day_of` gives the market day of a bar's `at`."""
    found = []
    for bar in bars:
        new, old = _ratio(splits, day_of(bar.at)) if splits else (1, 1)
        found.append(bar if new == old else _adjusted(bar, new, old))
    return found


def _ratio(splits: Sequence[Split], day: int) -> tuple[int, int]:
    new = old = 1
    for split in splits:
        if day < split.day:
            new, old = new * split.new_shares, old * split.old_shares
    return new, old


def _adjusted(bar: Bar, new: int, old: int) -> Bar:
    opened, high, low, close = (divide_half_even(price_e4 * old, new) for price_e4 in bar[1:5])
    return Bar(bar.at, opened, high, low, close, bar.volume * new // old)
