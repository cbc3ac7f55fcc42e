"""Trades of one symbol as columns, and the bars that they make. Most seconds of most symbols have one trade or none: a trade takes less
room than a bar, and columns are summed up without a look at each trade."""

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, compress
from operator import le
from typing import NamedTuple

from locksley.domain.bar import Bar
from locksley.domain.market_day import HOUR_MS

AFTER_ALL_MS = 2**62
TICK = struct.Struct("<qqq")  # at_ms, price_e4, shares


class Ticks(NamedTuple):
    """In the order of their seconds, those of one second by version. `shares` are negative for a print off the market."""

    at_ms: Sequence[int]
    price_e4: Sequence[int]
    shares: Sequence[int]


NONE = Ticks((), (), ())


def packed(ticks: Ticks) -> bytes:
    """As `TICK`s, one after the other."""
    return b"".join(map(TICK.pack, *ticks))


def from_packed(ticks: bytes | bytearray) -> Ticks:
    """From `TICK`s in the feed's order."""
    numbers = struct.unpack(f"<{len(ticks) // 8}q", ticks)
    return in_order(Ticks(numbers[0::3], numbers[1::3], numbers[2::3]))


def joined(*parts: Ticks) -> Ticks:
    """`parts` come oldest first."""
    columns = zip(*parts, strict=True)
    at_ms, price_e4, shares = (list(chain.from_iterable(column)) for column in columns)
    return in_order(Ticks(at_ms, price_e4, shares))


def in_order(ticks: Ticks) -> Ticks:
    at_ms = ticks.at_ms
    if all(map(le, at_ms, at_ms[1:])):
        return ticks
    order = sorted(range(len(at_ms)), key=lambda place: at_ms[place] // 1_000)
    at_ms, price_e4, shares = ([column[place] for place in order] for column in ticks)
    # Within a second the version decides, not the time: all of it gets the second's first time.
    return Ticks([at // 1_000 * 1_000 for at in at_ms], price_e4, shares)


def between(ticks: Ticks, first_ms: int, before_ms: int) -> Ticks:
    first, last = bisect_left(ticks.at_ms, first_ms), bisect_left(ticks.at_ms, before_ms)
    return ticks if last - first == len(ticks.at_ms) else Ticks(*(column[first:last] for column in ticks))


def by_hour(ticks: Ticks) -> Iterator[tuple[int, Ticks]]:
    """(hours since 1970 UTC, trades in it)"""
    first = 0
    while first < len(ticks.at_ms):
        hour = ticks.at_ms[first] // HOUR_MS
        last = bisect_left(ticks.at_ms, (hour + 1) * HOUR_MS, first)
        yield hour, Ticks(*(column[first:last] for column in ticks))
        first = last


def bars_of(ticks: Ticks, unit_ms: int) -> list[Bar]:
    """By intervals of `unit_ms` since 1970 UTC."""
    at_ms, count = ticks.at_ms, len(ticks.at_ms)
    bars: list[Bar] = []
    first = 0
    while first < count:
        at = at_ms[first] // unit_ms
        last = bisect_left(at_ms, (at + 1) * unit_ms, first)
        bars.append(_bar(at, ticks.price_e4[first:last], ticks.shares[first:last]))
        first = last
    return bars


def _bar(at: int, prices_e4: Sequence[int], shares: Sequence[int]) -> Bar:
    if len(shares) > 1 or shares[0] < 0:
        volume = sum(map(abs, shares))
        if min(shares) < 0:
            prices_e4 = list(compress(prices_e4, [number >= 0 for number in shares]))
            if not prices_e4:
                return Bar(at, 0, 0, 0, 0, volume)
        return Bar(at, prices_e4[0], max(prices_e4), min(prices_e4), prices_e4[-1], volume)
    [price_e4] = prices_e4
    return Bar(at, price_e4, price_e4, price_e4, price_e4, shares[0])
