"""Bars of a longer interval made from bars of a shorter one."""

from collections.abc import Iterable
from itertools import groupby

from paper_exchange.market.port import Bar


def merged(bars: Iterable[Bar], interval_ns: int) -> list[Bar]:
    """`bars`, in time order, as bars of `interval_ns`, which start at its multiples since 1970 UTC."""
    grouped = groupby(bars, key=lambda bar: bar.at_ns // interval_ns * interval_ns)
    return [_one(at_ns, list(group)) for at_ns, group in grouped]


def _one(at_ns: int, bars: list[Bar]) -> Bar:
    return Bar(
        at_ns,
        bars[0].open_e4,
        max(bar.high_e4 for bar in bars),
        min(bar.low_e4 for bar in bars),
        bars[-1].close_e4,
        sum(bar.volume for bar in bars),
    )


def parts(total: int, weights: list[float]) -> list[int]:
    """`total` divided by `weights` into whole numbers that sum to it."""
    whole = sum(weights)
    shares, given, weighed = [], 0, 0.0
    for weight in weights:
        weighed += weight
        up_to = min(total, int(total * (weighed / whole)))
        shares.append(up_to - given)
        given = up_to
    shares[-1] += total - given
    return shares
