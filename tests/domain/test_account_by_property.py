"""Any sequence of events, the impossible ones too: the hold, the cash and the shares still add up."""

from hypothesis import given
from hypothesis import strategies as st

from locksley.domain.account import apply, hold_cents, hold_shares
from locksley.domain.events import Accepted, CancelAsked, ClosedByExchange, Event, Filled, NeverHad, Refused
from locksley.domain.money import execution_cash_cents
from locksley.domain.order import Order, Side, Status
from tests.domain.orders import NOW_MS, a_fill, an_order

SHARES = 10
WORST_CENTS = 50_100

EVENTS = st.one_of(
    st.builds(Accepted, st.just("X1"), st.booleans()),
    st.builds(Refused, st.just("refused")),
    st.just(NeverHad()),
    st.builds(a_fill, st.integers(1, 6), st.integers(1, WORST_CENTS * 100)),
    st.just(CancelAsked()),
    st.builds(ClosedByExchange, st.integers(0, SHARES + 2)),
)


def _expected_hold(order: Order) -> int:
    closed = order.status in (Status.FILLED, Status.CANCELLED, Status.FAILED)
    return 0 if closed else order.num_shares - order.filled_shares


@given(st.sampled_from(Side), st.lists(EVENTS, max_size=12))
def test_any_sequence_of_events(side: Side, happened: list[Event]) -> None:
    order = an_order(side, SHARES, WORST_CENTS)
    held, held_shares = hold_cents(order), hold_shares(order)
    cash = shares = bought = booked = 0
    for at, event in enumerate(happened):
        before, step = order, apply(order, event, NOW_MS + at)
        if step is None:
            assert isinstance(event, ClosedByExchange)
            assert event.filled_shares != before.filled_shares
            continue
        order = step.order
        held += step.held_delta_cents
        held_shares += step.held_shares_delta
        cash += step.cash_delta_cents
        shares += step.shares_delta
        if isinstance(event, Filled):
            bought += event.execution.num_shares
            booked += execution_cash_cents(event.execution.price_e4, event.execution.num_shares)
            assert not (order.filled_shares > SHARES and step.alarm is None)
            assert step.freeze == (step.alarm is not None)
        sign = 1 if side is Side.BUY else -1
        assert held == (_expected_hold(order) * WORST_CENTS if side is Side.BUY else 0)
        assert held_shares == (_expected_hold(order) if side is Side.SELL else 0)
        assert cash == -sign * booked
        assert shares == sign * bought == sign * order.filled_shares
        assert order.version == before.version + (order != before)


@given(st.lists(st.integers(1, 4), max_size=4), st.integers(0, SHARES))
def test_a_close_waits_until_the_exchange_and_we_agree(fills: list[int], filled_there: int) -> None:
    order = an_order(status=Status.SUBMITTED)
    for num_shares in fills:
        if order.remaining_shares <= num_shares:
            break
        step = apply(order, a_fill(num_shares), NOW_MS)
        assert step is not None
        order = step.order
    closed = apply(order, ClosedByExchange(filled_there), NOW_MS)
    assert (closed is not None) == (filled_there == order.filled_shares)
    if closed is not None:
        assert closed.order.status is Status.CANCELLED
        assert closed.held_delta_cents == -hold_cents(order)
