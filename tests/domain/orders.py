"""Orders and events to tell stories with."""

from locksley.domain.events import Execution, Filled
from locksley.domain.order import Order, OrderType, Side, Status

NOW_MS = 1_790_000_000_000


def an_order(side: Side = Side.BUY, num_shares: int = 10, worst_price_cents: int = 50_100, **changes: object) -> Order:
    fields = {
        "order_id": "01a",
        "user_id": "ann",
        "side": side,
        "symbol": "META",
        "type": OrderType.LIMIT,
        "num_shares": num_shares,
        "price_cents": worst_price_cents,
        "worst_price_cents": worst_price_cents,
        "status": Status.PENDING,
        "not_after_ms": NOW_MS + 5_000,
        "created_at_ms": NOW_MS,
        "updated_at_ms": NOW_MS,
    }
    return Order(**{**fields, **changes})  # type: ignore[arg-type]


def a_fill(num_shares: int, price_e4: int = 5_010_000, trade_id: str = "T1", external_order_id: str = "X1") -> Filled:
    return Filled(Execution(trade_id, 1, 1, price_e4, num_shares, NOW_MS), external_order_id)
