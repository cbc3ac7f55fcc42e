"""One order, as we have it and as the exchange has it: what differs. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from locksley.domain.money import E4_PER_CENT, execution_cash_cents
from locksley.domain.order import Order, Side, Status
from locksley.exchange.port import State, VenueOrder
from locksley.order_db.port import Fill
from locksley.orders.identity import Origin

Key = tuple[str, str]

_STATES: Mapping[State, frozenset[Status]] = {
    State.OPEN: frozenset({Status.SUBMITTED, Status.PARTIALLY_FILLED, Status.PENDING_CANCEL}),
    State.FILLED: frozenset({Status.FILLED}),
    State.CANCELLED: frozenset({Status.CANCELLED}),
}


class Difference(msgspec.Struct, frozen=True):
    """`here` and `there` are as written by each side; empty where there is nothing."""

    what: str
    here: str
    there: str
    order_id: str | None = None
    user_id: str | None = None


class Amounts(msgspec.Struct):
    """Of one side: orders, their fills, the shares of those, and the cash that they moved."""

    orders: int = 0
    fills: int = 0
    shares: int = 0
    cash_cents: int = 0

    def add(self, other: "Amounts") -> None:
        self.orders += other.orders
        self.fills += other.fills
        self.shares += other.shares
        self.cash_cents += other.cash_cents


class Compared(msgspec.Struct, frozen=True):
    order_id: str
    here: Amounts
    there: Amounts
    differences: Sequence[Difference]
    origin: Origin = Origin.OURS


def compare(order: Order | None, venue: VenueOrder, fills: Mapping[Key, Fill], origin: Origin) -> Compared:
    """`fills`: those of the order that are booked here, whoever told of them. `origin`: of its id."""
    order_id = venue.client_order_id
    if order is None:
        there = _there(venue, Side(venue.side) if venue.side is not None else Side.BUY)
        if origin is not Origin.OURS:
            return Compared(order_id, Amounts(), there, [], origin)
        missing = Difference("order", "", f"{venue.state} {venue.num_shares} {venue.symbol}", order_id)
        return Compared(order_id, Amounts(), there, [missing] if venue.state is not State.UNKNOWN else [])
    here = Amounts(1, len(fills), sum(f.num_shares for f in fills.values()), sum(f.cash_cents for f in fills.values()))
    if venue.state is State.UNKNOWN:
        known = order.is_open or order.external_order_id is not None
        gone = Difference("order", str(order.status), "unknown", order_id, order.user_id)
        return Compared(order_id, here, Amounts(), [gone] if known else [])
    pairs = [*_terms(order, venue), *_state(order, venue), *_fills(order, venue, fills)]
    differences = [Difference(what, here_, there_, order_id, order.user_id) for what, here_, there_ in pairs]
    return Compared(order_id, here, _there(venue, order.side), differences)


def _there(venue: VenueOrder, side: Side) -> Amounts:
    cash = sum(execution_cash_cents(e.price_e4, e.num_shares) for e in venue.executions)
    known = venue.state is not State.UNKNOWN
    return Amounts(
        int(known),
        len(venue.executions),
        sum(e.num_shares for e in venue.executions),
        -cash if side is Side.BUY else cash,
    )


def _terms(order: Order, venue: VenueOrder) -> list[tuple[str, str, str]]:
    pairs = [
        ("external order id", order.external_order_id, venue.external_order_id),
        ("symbol", order.symbol, venue.symbol),
        ("side", order.side, venue.side),
        ("type", order.type, venue.type),
        ("price_e4", order.worst_price_cents * E4_PER_CENT, venue.price_e4),
        ("shares", order.num_shares, venue.num_shares),
        ("filled shares", order.filled_shares, venue.filled_shares),
    ]
    return [(what, str(here), str(there)) for what, here, there in pairs if here != there]


def _state(order: Order, venue: VenueOrder) -> list[tuple[str, str, str]]:
    return [] if order.status in _STATES[venue.state] else [("state", str(order.status), str(venue.state))]


def _fills(order: Order, venue: VenueOrder, fills: Mapping[Key, Fill]) -> list[tuple[str, str, str]]:
    there = {
        (e.trade_id, venue.external_order_id or ""): _written(order.side, e.price_e4, e.num_shares)
        for e in venue.executions
    }
    here = {key: f"{fill.num_shares} at {fill.price_e4} for {fill.cash_cents}" for key, fill in fills.items()}
    return [
        (f"fill {key[0]}", here.get(key, ""), there.get(key, ""))
        for key in sorted(here.keys() | there.keys())
        if here.get(key) != there.get(key)
    ]


def _written(side: Side, price_e4: int, num_shares: int) -> str:
    cash = execution_cash_cents(price_e4, num_shares)
    return f"{num_shares} at {price_e4} for {-cash if side is Side.BUY else cash}"
