"""Bars of longer intervals, held against joining them two by two."""

from functools import reduce
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from locksley.domain.bar import Bar, combined, folded

PARTS = 5


def a_bar(at: int, prices: tuple[int, int, int, int] | None, volume: int) -> Bar:
    if prices is None:
        return Bar(at, 0, 0, 0, 0, volume)
    open_e4, close_e4, above, below = prices
    return Bar(at, open_e4, max(open_e4, close_e4) + above, min(open_e4, close_e4) - below, close_e4, volume)


prices = st.none() | st.tuples(
    st.integers(1_000, 2_000), st.integers(1_000, 2_000), st.integers(0, 100), st.integers(0, 100)
)
bars = st.lists(
    st.builds(a_bar, st.integers(0, 40), prices, st.integers(0, 1_000)), unique_by=lambda bar: bar.at, max_size=30
).map(sorted)


@given(bars)
def test_folded_is_joined_two_by_two(bars: list[Bar]) -> None:
    groups = [list(group) for _, group in groupby(bars, lambda bar: bar.at // PARTS)]
    joined = [reduce(combined, group)._replace(at=group[0].at // PARTS) for group in groups]
    assert folded(bars, lambda at: at // PARTS) == joined


def test_nothing_folds_to_nothing() -> None:
    assert folded([], lambda at: at) == []
