"""Quantiles and medians, by numbers that can be checked by hand."""

import pytest

from bench.figures import Figure, figure, latency, quantile
from bench.report import Bar


def test_quantile_is_the_smallest_that_enough_do_not_exceed() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]


def test_quantile_of_one_value() -> None:
    assert [quantile([7.0], share) for share in (0.0, 0.5, 0.99)] == [7, 7, 7]


def test_latency_counts_the_slowest() -> None:
    found = latency([*[1.0] * 98, 50.0, 900.0])
    assert (found.count, found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms) == (100, 1, 1, 50, 900)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        latency([])


def test_figure_keeps_the_spread() -> None:
    assert figure([3.0, 1.0, 2.0]) == Figure(2, 1, 3)


def test_bar_under_and_at_least() -> None:
    assert Bar("p99", 199.9, 200).is_met
    assert not Bar("p99", 200, 200).is_met
    assert Bar("trades", 2_000, 2_000, at_least=True).is_met
    assert not Bar("trades", 1_999, 2_000, at_least=True).is_met
