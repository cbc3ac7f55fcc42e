"""What a portfolio gained over a time, and how much that is of what was in it.

Plain: the gain by what there was at the start and what came in. Time-weighted: the times between two transfers, each by itself, one after
the other, so that when money came or went makes no difference. Reads from the value over time. Writes nothing.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from locksley.domain.money import BASIS_POINTS, divide_half_even
from locksley.portfolio.ledger import Entry
from locksley.portfolio.value_over_time import Value, ValueOverTime


class Returns(NamedTuple):
    """`transferred_cents` came in, less what went. Returns are in basis points; None: there was nothing to gain from."""

    start: Value
    end: Value
    transferred_cents: int
    plain_bp: int | None
    time_weighted_bp: int | None

    @property
    def gain_cents(self) -> int:
        return self.end.equity_cents - self.start.equity_cents - self.transferred_cents


async def returns(values: ValueOverTime, user_id: str, from_ms: int) -> Returns:
    """From a moment to now."""
    end = await values.now(user_id)
    transfers = await values.transfers(user_id, from_ms, end.at_ms)
    moments_ms = sorted({from_ms, *(transfer.at_ms for transfer in transfers)})
    known = await values.at(user_id, moments_ms)
    start, transferred_cents = known[0], sum(transfer.cash_cents for transfer in transfers)
    gain_cents = end.equity_cents - start.equity_cents - transferred_cents
    came_in_cents = sum(transfer.cash_cents for transfer in transfers if transfer.cash_cents > 0)
    plain_bp = _basis_points(Fraction(gain_cents, start.equity_cents + came_in_cents or 1))
    has_had = start.equity_cents + came_in_cents > 0
    growth = _growth([*known, end], transfers)
    return Returns(
        start, end, transferred_cents, plain_bp if has_had else None, _basis_points(growth - 1) if has_had else None
    )


def _growth(values: Sequence[Value], transfers: Sequence[Entry]) -> Fraction:
    """By how much a cent that was always there has grown. A value is from just before the transfers of its own moment."""
    growth = Fraction(1)
    for before, after in pairwise(values):
        came_cents = sum(entry.cash_cents for entry in transfers if entry.at_ms == before.at_ms)
        if before.equity_cents + came_cents > 0:
            growth *= Fraction(after.equity_cents, before.equity_cents + came_cents)
    return growth


def _basis_points(part: Fraction) -> int:
    return divide_half_even(part.numerator * BASIS_POINTS, part.denominator)
