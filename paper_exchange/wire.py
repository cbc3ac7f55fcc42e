"""The shapes of requests and answers, in the order of the interface. Requests refuse members that they do not know."""

from typing import Annotated, Literal

import msgspec

from paper_exchange.moment import Moment, to_wire
from paper_exchange.order import Order, OrderType, Side, State

ORDERS_PER_REQUEST_MAX = 1_000

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Reason = Literal[
    "unknown_symbol", "not_after_passed", "different_content", "bad_price", "bad_shares", "market_closed", "refused"
]


class NewOrder(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True, gc=False):
    client_order_id: Id
    symbol: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    side: Side
    type: OrderType
    price_e4: int
    num_shares: int
    not_after: Moment


class Cancel(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True, gc=False):
    """Names the order by one of the two ids."""

    external_order_id: Id | None = None
    client_order_id: Id | None = None

    def __post_init__(self) -> None:
        if (self.external_order_id is None) == (self.client_order_id is None):
            raise ValueError("name the order by externalOrderId or by clientOrderId, one of the two")


NewOrders = Annotated[list[NewOrder], msgspec.Meta(min_length=1, max_length=ORDERS_PER_REQUEST_MAX)]
Cancels = Annotated[list[Cancel], msgspec.Meta(min_length=1, max_length=ORDERS_PER_REQUEST_MAX)]


class ExecutionView(msgspec.Struct, rename="camel", frozen=True, gc=False):
    trade_id: str
    epoch: int
    sequence: int
    price_e4: int
    num_shares: int
    timestamp: str


class OrderView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """An order as it stands. `result` and `reason` only in answers to a placement or a cancel; an unknown order is only its id."""

    state: State
    filled_shares: int
    executions: list[ExecutionView]
    client_order_id: str | None = None
    external_order_id: str | None = None
    result: str | None = None
    reason: Reason | None = None
    symbol: str | None = None
    side: Side | None = None
    type: OrderType | None = None
    price_e4: int | None = None
    num_shares: int | None = None
    created_at: str | None = None
    changed_at: str | None = None


class Refusal(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """A placement that made no order."""

    client_order_id: str
    result: Literal["refused"]
    reason: Reason


class SymbolView(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """A symbol and its day; prices are null before the first trade. `epoch` and `sequence` are the last price's, 0 if none."""

    symbol: str
    name: str
    previous_close_e4: int
    day_open_e4: int | None
    day_high_e4: int | None
    day_low_e4: int | None
    day_volume: int
    last_price_e4: int | None
    epoch: int
    sequence: int
    timestamp: str | None


class QuoteView(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Customers' orders and the market's together; an empty side is null with size 0."""

    epoch: int
    sequence: int
    now: str
    symbol: str
    bid_e4: int | None
    bid_size: int
    ask_e4: int | None
    ask_size: int


class BarView(msgspec.Struct, rename="camel", frozen=True, gc=False):
    time: str
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int


class StatusView(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """`opensAt` and `closesAt` are market time, which in a replay is the tape's."""

    epoch: int
    sequence: int
    now: str
    open: bool
    opens_at: str | None
    closes_at: str | None


Item = OrderView | Refusal | SymbolView | BarView


class Page(msgspec.Struct, frozen=True):
    """A list; `next` is the cursor of what follows, absent at the end."""

    epoch: int
    sequence: int
    now: str
    items: list[Item]
    next: str | msgspec.UnsetType = msgspec.UNSET


def order_view(order: Order, result: str | None = None) -> OrderView:
    return OrderView(
        order.state,
        order.filled_shares,
        [
            ExecutionView(e.trade_id, e.epoch, e.sequence, e.price_e4, e.num_shares, to_wire(e.at_ns))
            for e in order.executions
        ],
        order.client_order_id,
        order.external_order_id,
        result,
        None,
        order.symbol,
        order.side,
        order.type,
        order.price_e4,
        order.num_shares,
        to_wire(order.created_ns),
        to_wire(order.changed_ns),
    )
