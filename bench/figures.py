"""Figures of many measurements: quantiles of one run, and the median and spread of several."""

from collections.abc import Iterable, Sequence
from statistics import median

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Of one run, in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Figure(msgspec.Struct, frozen=True):
    """One quantity over several runs."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        if self.least == self.most:
            return shown(self.median)
        return f"{shown(self.median)} ({shown(self.least)}..{shown(self.most)})"


def figure(runs: Iterable[float]) -> Figure:
    values = list(runs)
    return Figure(median(values), min(values), max(values))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of `ordered` that at least `share` of them do not exceed."""
    rank = -(-len(ordered) * round(share * 10_000) // 10_000)
    return ordered[max(0, rank - 1)]


def latency(values_ms: Iterable[float]) -> Latency:
    """Raises `ValueError` where nothing was measured."""
    ordered = sorted(values_ms)
    if not ordered:
        raise ValueError("nothing was measured")
    p50, p95, p99 = (quantile(ordered, share) for share in (0.50, 0.95, 0.99))
    return Latency(len(ordered), p50, p95, p99, ordered[-1])


def latency_figures(runs: Sequence[Latency]) -> list[Figure]:
    """p50, p95, p99 and max in milliseconds, each the median over the runs with its spread."""
    return [
        figure([one.p50_ms for one in runs]),
        figure([one.p95_ms for one in runs]),
        figure([one.p99_ms for one in runs]),
        figure([one.max_ms for one in runs]),
    ]


def shown(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
