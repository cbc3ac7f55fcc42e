"""The pairs of the state table that no exchange brings about which keeps to its contract: what happens when one does not."""

import pytest

from locksley.domain import account
from locksley.domain.account import Step
from locksley.domain.events import Accepted, ClosedByExchange, Event, NeverHad, Refused
from locksley.domain.order import Order, Status
from simulation.pairs import ALL_PAIRS, IMPOSSIBLE, counted
from tests.domain.orders import NOW_MS, a_fill, an_order

HELD_CENTS = 10 * 50_100
ONE_SHARE_CENTS = 50_100


def _broken(order: Order, event: Event) -> tuple[str, Step]:
    with counted() as pairs:
        step = account.apply(order, event, NOW_MS)
    assert step is not None
    [pair] = pairs
    return pair, step


def _filled() -> Order:
    return an_order(status=Status.FILLED, filled_shares=10, external_order_id="X1")


def test_closed_without_being_accepted_gives_the_hold_back() -> None:
    pair, step = _broken(an_order(), ClosedByExchange(0))
    assert pair == "pending + closed_by_exchange"
    assert (step.order.status, step.held_delta_cents, step.alarm) == (Status.CANCELLED, -HELD_CENTS, None)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.PARTIALLY_FILLED, Status.FILLED])
def test_a_refusal_of_what_was_taken_changes_nothing_and_alarms(status: Status) -> None:
    before = _filled() if status is Status.FILLED else an_order(status=status, external_order_id="X1")
    pair, step = _broken(before, Refused("no"))
    assert pair == f"{status} + refused"
    assert step.order == before
    assert step.alarm == f"refused while {status}"
    assert (step.held_delta_cents, step.cash_delta_cents, step.freeze) == (0, 0, False)


def test_a_fill_of_a_filled_order_is_paid_for_and_freezes_the_account() -> None:
    """It leaves none, whatever its size: `filled + fill_some_left` is nothing that even a broken exchange brings about."""
    pair, step = _broken(_filled(), a_fill(1))
    assert pair == "filled + fill_none_left"
    assert (step.order.status, step.order.filled_shares) == (Status.FILLED, 11)
    assert (step.cash_delta_cents, step.shares_delta, step.held_delta_cents) == (-ONE_SHARE_CENTS, 1, 0)
    assert step.freeze
    assert step.alarm == "fill_none_left while filled"


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
@pytest.mark.parametrize(("shares", "happening"), [(1, "fill_some_left"), (10, "fill_none_left")])
def test_a_fill_of_a_closed_order_is_paid_for_and_freezes_the_account(
    status: Status, shares: int, happening: str
) -> None:
    pair, step = _broken(an_order(status=status, external_order_id="X1"), a_fill(shares))
    assert pair == f"{status} + {happening}"
    assert (step.order.status, step.order.filled_shares) == (status, shares)
    assert (step.cash_delta_cents, step.held_delta_cents) == (-shares * ONE_SHARE_CENTS, 0)
    assert step.freeze
    assert step.alarm == f"{happening} while {status}"


@pytest.mark.parametrize(
    ("before", "event", "expected"),
    [
        (_filled(), NeverHad(), "filled + never_had"),
        (an_order(status=Status.FAILED, external_order_id="X1"), Accepted("X1"), "failed + accepted"),
        (an_order(status=Status.FAILED), ClosedByExchange(0), "failed + closed_by_exchange"),
    ],
)
def test_what_can_not_be_true_of_a_closed_order_alarms_and_moves_nothing(
    before: Order, event: Event, expected: str
) -> None:
    pair, step = _broken(before, event)
    assert pair == expected
    assert step.order.status is before.status
    assert (step.cash_delta_cents, step.held_delta_cents, step.shares_delta) == (0, 0, 0)
    assert step.alarm is not None


def test_every_reason_is_of_a_pair() -> None:
    assert set(IMPOSSIBLE) <= set(ALL_PAIRS)
