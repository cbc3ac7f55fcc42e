import msgspec
import pytest

from locksley.domain.account import Position, Step, apply, hold_cents, hold_shares
from locksley.domain.events import Accepted, CancelAsked, ClosedByExchange, Event, Filled, NeverHad, Refused
from locksley.domain.order import Order, OrderType, Side, Status
from tests.domain.orders import NOW_MS, a_fill, an_order


def after(order: Order, *happened: Event) -> Order:
    for event in happened:
        step = apply(order, event, NOW_MS + 1)
        assert step is not None
        order = step.order
    return order


def step_of(order: Order, event: Event) -> Step:
    step = apply(order, event, NOW_MS + 1)
    assert step is not None
    return step


def test_a_buy_is_accepted_filled_in_two_and_its_hold_goes_with_it() -> None:
    order = after(an_order(), Accepted("X1"))
    assert (order.status, order.external_order_id, order.version) == (Status.SUBMITTED, "X1", 2)
    first = step_of(order, a_fill(4, price_e4=5_000_050))
    assert first.order.status is Status.PARTIALLY_FILLED
    assert (first.cash_delta_cents, first.held_delta_cents, first.shares_delta) == (-200_002, -4 * 50_100, 4)
    second = step_of(first.order, a_fill(6, price_e4=5_010_000))
    assert second.order.status is Status.FILLED
    assert (second.cash_delta_cents, second.held_delta_cents) == (-300_600, -6 * 50_100)
    assert second.order.average_fill_price_cents == 50_060
    assert (second.alarm, second.freeze, second.refused) == (None, False, False)


def test_a_sell_holds_shares_and_brings_cash() -> None:
    order = after(an_order(Side.SELL), Accepted("X1"))
    assert (hold_cents(order), hold_shares(order)) == (0, 10)
    step = step_of(order, a_fill(4))
    assert (step.cash_delta_cents, step.shares_delta) == (200_400, -4)
    assert (step.held_delta_cents, step.held_shares_delta) == (0, -4)


def test_a_fill_proves_acceptance() -> None:
    order = after(an_order(), a_fill(1, external_order_id="X9"))
    assert (order.status, order.external_order_id) == (Status.PARTIALLY_FILLED, "X9")


def test_a_refused_order_gives_its_hold_back_and_says_why() -> None:
    step = step_of(an_order(), Refused("market_closed"))
    assert (step.order.status, step.order.reason) == (Status.FAILED, "market_closed")
    assert step.held_delta_cents == -10 * 50_100


def test_closing_waits_for_fills() -> None:
    order = after(an_order(), Accepted("X1"), a_fill(3))
    assert apply(order, ClosedByExchange(5), NOW_MS) is None
    step = step_of(after(order, a_fill(2)), ClosedByExchange(5))
    assert step.order.status is Status.CANCELLED
    assert step.held_delta_cents == -5 * 50_100


@pytest.mark.parametrize(
    ("order", "event", "reason"),
    [
        (an_order(type=OrderType.MARKET), ClosedByExchange(0), "no_more_liquidity"),
        (an_order(), ClosedByExchange(0), "closed_by_exchange"),
        (an_order(), ClosedByExchange(0, "expired"), "expired"),
        (an_order(status=Status.PENDING_CANCEL), ClosedByExchange(0), "cancelled_by_person"),
        (an_order(), NeverHad(), "never_reached_exchange"),
        (an_order(status=Status.SUBMITTED, external_order_id="X1"), NeverHad(), "lost_by_exchange"),
    ],
)
def test_a_closed_order_says_why(order: Order, event: Event, reason: str) -> None:
    assert step_of(order, event).order.reason == reason


@pytest.mark.parametrize("status", [Status.FILLED, Status.CANCELLED, Status.FAILED])
def test_a_fill_of_a_closed_order_is_booked_and_alarms(status: Status) -> None:
    order = an_order(status=status, filled_shares=10 if status is Status.FILLED else 0)
    step = step_of(order, a_fill(2))
    assert step.order.status is status
    assert step.order.filled_shares == order.filled_shares + 2
    assert (step.cash_delta_cents, step.shares_delta, step.held_delta_cents) == (-100_200, 2, 0)
    assert step.freeze
    assert step.alarm


@pytest.mark.parametrize("side", list(Side))
def test_a_fill_beyond_the_shares_of_an_open_order_alarms(side: Side) -> None:
    step = step_of(an_order(side, status=Status.SUBMITTED, filled_shares=8), a_fill(3))
    assert (step.order.status, step.order.filled_shares) == (Status.FILLED, 11)
    assert (hold_cents(step.order), hold_shares(step.order)) == (0, 0)
    assert step.alarm == "filled 11 of 10 shares"
    assert step.freeze


def test_a_cancel_of_a_closed_order() -> None:
    assert step_of(an_order(status=Status.FILLED), CancelAsked()).refused
    assert step_of(an_order(status=Status.FAILED), CancelAsked()).refused
    again = step_of(an_order(status=Status.CANCELLED), CancelAsked())
    assert (again.refused, again.order.version) == (False, 1)


def test_a_cancelled_order_found_open_alarms_but_found_closed_does_not() -> None:
    order = an_order(status=Status.CANCELLED)
    found_open = step_of(order, Accepted("X1", open_there=True))
    assert found_open.alarm == "accepted while cancelled"
    assert not found_open.freeze
    assert step_of(order, Accepted("X1", open_there=False)).alarm is None


@pytest.mark.parametrize(("reason", "alarms"), [("cancelled_by_person", False), ("lost_by_exchange", True)])
def test_an_older_answer_that_still_says_open_is_no_alarm(reason: str, alarms: bool) -> None:
    order = an_order(status=Status.CANCELLED, external_order_id="X1", reason=reason)
    assert (step_of(order, Accepted("X1", open_there=True)).alarm is not None) is alarms


def test_an_event_that_changes_nothing_makes_no_version() -> None:
    order = after(an_order(), Accepted("X1"))
    assert step_of(order, Accepted("X1")).order == order


def test_time_never_goes_back() -> None:
    step = apply(an_order(), Accepted("X1"), NOW_MS - 60_000)
    assert step is not None
    assert step.order.updated_at_ms == NOW_MS


def test_a_position_keeps_its_average_cost() -> None:
    position = Position(user_id="ann", symbol="META").bought(3, 100).bought(1, 33)
    position = position.sold(1)
    assert (position.shares, position.cost_cents) == (3, 100)  # a quarter of 133, 33.25, went
    assert position.sold(3).cost_cents == 0


def test_a_sale_of_shares_that_are_not_there_costs_nothing() -> None:
    assert msgspec.structs.astuple(Position(user_id="ann", symbol="META").sold(2))[2:] == (-2, 0, 0)


def test_an_execution_of_another_id_keeps_the_first() -> None:
    order = after(an_order(), Accepted("X1"), Filled(a_fill(1).execution, "X2"))
    assert order.external_order_id == "X1"
