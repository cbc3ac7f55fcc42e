"""What an event does to an order, its holds, the cash and the shares: one pure step."""

from typing import Any

import msgspec

from locksley.domain import events
from locksley.domain.money import divide_half_even, execution_cash_cents
from locksley.domain.order import CLOSED, TABLE, Happening, Order, OrderType, Side, Status

NEVER_REACHED_EXCHANGE = "never_reached_exchange"
LOST_BY_EXCHANGE = "lost_by_exchange"


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A person's shares of one symbol. `cost_cents` is what the shares still held cost, by average cost."""

    user_id: str
    symbol: str
    shares: int = 0
    held_shares: int = 0
    cost_cents: int = 0

    def bought(self, num_shares: int, cash_cents: int) -> "Position":
        return msgspec.structs.replace(self, shares=self.shares + num_shares, cost_cents=self.cost_cents + cash_cents)

    def sold(self, num_shares: int) -> "Position":
        part = divide_half_even(self.cost_cents * num_shares, self.shares) if self.shares > 0 else 0
        return msgspec.structs.replace(self, shares=self.shares - num_shares, cost_cents=self.cost_cents - part)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person's money. `held_cents` is set aside for open buys; what is free to spend is `cash_cents - held_cents`."""

    user_id: str
    cash_cents: int
    held_cents: int = 0
    frozen: bool = False

    @property
    def buying_power_cents(self) -> int:
        return self.cash_cents - self.held_cents


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one event did. Deltas are added to the account (`_cents`) and to the position (`_shares`).

    `alarm` is why a person must look, `freeze` that the account is frozen until then, `refused` that the asker is told no.
    """

    order: Order
    happening: Happening
    cash_delta_cents: int = 0
    held_delta_cents: int = 0
    shares_delta: int = 0
    held_shares_delta: int = 0
    alarm: str | None = None
    freeze: bool = False
    refused: bool = False


def hold_cents(order: Order) -> int:
    """The cash that an order sets aside while it is open: remaining shares x worst price, for a buy."""
    return order.remaining_shares * order.worst_price_cents if order.side is Side.BUY and order.is_open else 0


def hold_shares(order: Order) -> int:
    """The shares that an order sets aside while it is open: what remains of a sell."""
    return max(0, order.remaining_shares) if order.side is Side.SELL and order.is_open else 0


def happening_of(order: Order, event: events.Event) -> Happening | None:
    """The column of the table that an event is, for this order. None: not yet, a close that waits for fills."""
    match event:
        case events.Accepted():
            return Happening.ACCEPTED
        case events.Refused():
            return Happening.REFUSED
        case events.NeverHad():
            return Happening.NEVER_HAD
        case events.Filled(execution):
            none_left = order.filled_shares + execution.num_shares >= order.num_shares
            return Happening.FILL_NONE_LEFT if none_left else Happening.FILL_SOME_LEFT
        case events.CancelAsked():
            return Happening.CANCEL_ASKED
        case events.ClosedByExchange(filled_shares):
            waits = order.is_open and filled_shares != order.filled_shares
            return None if waits else Happening.CLOSED_BY_EXCHANGE


def apply(order: Order, event: events.Event, now_ms: int) -> Step | None:
    """What `event` does to `order`. None: nothing yet, since a close waits until the fills applied equal the exchange's number."""
    happening = happening_of(order, event)
    if happening is None:
        return None
    move = TABLE[order.status, happening]
    after = order
    if changes := _changes(order, event, move.to):
        at_ms = max(now_ms, order.updated_at_ms)
        after = msgspec.structs.replace(order, version=order.version + 1, updated_at_ms=at_ms, **changes)
    alarm = _alarm(order, event, happening, after)
    return Step(
        order=after,
        happening=happening,
        held_delta_cents=hold_cents(after) - hold_cents(order),
        held_shares_delta=hold_shares(after) - hold_shares(order),
        cash_delta_cents=_cash_delta_cents(order, event),
        shares_delta=_shares_delta(order, event),
        alarm=alarm,
        freeze=alarm is not None and isinstance(event, events.Filled),
        refused=move.refused,
    )


def _alarm(order: Order, event: events.Event, happening: Happening, after: Order) -> str | None:
    if TABLE[order.status, happening].alarm and not _known_closed(order, event):
        return f"{happening} while {order.status}"
    if order.is_open and after.filled_shares > order.num_shares:
        return f"filled {after.filled_shares} of {order.num_shares} shares"
    return None


def _known_closed(order: Order, event: events.Event) -> bool:
    """Whether the exchange said that a cancelled order is closed there: in this answer, or in another that overtook it."""
    if not isinstance(event, events.Accepted) or order.status is not Status.CANCELLED:
        return False
    closed_by_exchange = order.external_order_id == event.external_order_id and order.reason != LOST_BY_EXCHANGE
    return closed_by_exchange or not event.open_there


def _changes(order: Order, event: events.Event, to: Status) -> dict[str, Any]:
    """The members of the order that come out different."""
    changes: dict[str, Any] = {} if to is order.status else {"status": to}
    if isinstance(event, events.Accepted | events.Filled) and order.external_order_id is None:
        changes["external_order_id"] = event.external_order_id
    if isinstance(event, events.Filled):
        execution = event.execution
        changes["filled_shares"] = order.filled_shares + execution.num_shares
        changes["filled_value_e4"] = order.filled_value_e4 + execution.price_e4 * execution.num_shares
    if to in CLOSED and order.status not in CLOSED and to is not Status.FILLED:
        changes["reason"] = _closing_reason(order, event)
    return changes


def _closing_reason(order: Order, event: events.Event) -> str | None:
    match event:
        case events.Refused(reason):
            return reason
        case events.NeverHad():
            accepted_before = order.external_order_id is not None
            return LOST_BY_EXCHANGE if accepted_before else NEVER_REACHED_EXCHANGE
        case events.ClosedByExchange(reason=reason) if order.status is Status.PENDING_CANCEL:
            return reason or "cancelled_by_person"
        case events.ClosedByExchange(reason=reason):
            return reason or ("no_more_liquidity" if order.type is OrderType.MARKET else "closed_by_exchange")
    return None


def _cash_delta_cents(order: Order, event: events.Event) -> int:
    if not isinstance(event, events.Filled):
        return 0
    cash = execution_cash_cents(event.execution.price_e4, event.execution.num_shares)
    return -cash if order.side is Side.BUY else cash


def _shares_delta(order: Order, event: events.Event) -> int:
    if not isinstance(event, events.Filled):
        return 0
    return event.execution.num_shares if order.side is Side.BUY else -event.execution.num_shares
