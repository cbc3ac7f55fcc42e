from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locksley.domain.money import (
    divide_half_even,
    execution_cash_cents,
    highest_price_cents,
    lowest_price_cents,
    shown_price_cents,
)


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**9))
def test_division_rounds_half_to_even(numerator: int, denominator: int) -> None:
    # Python's own `round` of an exact fraction is half-even too, and shares no line with ours.
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_a_tie_goes_to_the_even_cent(quotient: int, half: int) -> None:
    tie = divide_half_even((2 * quotient + 1) * half, 2 * half)
    assert tie % 2 == 0
    assert abs(2 * tie - (2 * quotient + 1)) == 1


@given(st.integers(1, 10**10), st.integers(1, 10**6))
def test_an_execution_is_rounded_once(price_e4: int, num_shares: int) -> None:
    assert execution_cash_cents(price_e4, num_shares) == round(Fraction(price_e4 * num_shares, 100))


@given(st.integers(1, 99_999_999), st.integers(1, 10**6), st.integers(0, 10**10))
def test_no_execution_within_the_limit_costs_more_than_its_hold(
    worst_cents: int, num_shares: int, better_e4: int
) -> None:
    price_e4 = max(1, worst_cents * 100 - better_e4)
    assert execution_cash_cents(price_e4, num_shares) <= worst_cents * num_shares


@pytest.mark.parametrize(("price_e4", "cents"), [(5_010_050, 50_100), (5_010_150, 50_102), (5_010_049, 50_100)])
def test_shown_price(price_e4: int, cents: int) -> None:
    assert shown_price_cents(price_e4) == cents


@given(st.integers(1, 99_999_999), st.integers(0, 9_999))
def test_a_collar_never_reaches_past_its_percentage(last_cents: int, collar_bp: int) -> None:
    exact = Fraction(last_cents * collar_bp, 10_000)
    assert highest_price_cents(last_cents, collar_bp) == (last_cents + exact) // 1
    lowest = lowest_price_cents(last_cents, collar_bp)
    assert lowest >= 1
    assert last_cents - exact <= lowest < last_cents - exact + 1


def test_a_share_of_one_cent_can_be_sold_at_market() -> None:
    assert lowest_price_cents(1, 10_000) == 1
