"""Rows to domain objects and back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from locksley.domain.account import Account, Position
from locksley.domain.order import Order, OrderType, Side, Status
from locksley.order_db.port import AuditRow, Fill, OrderUpdate, Source

ORDER_COLUMNS = (
    "user_id, order_id, side, symbol, type, num_shares, price_cents, worst_price_cents, status, filled_shares, "
    "filled_value_e4, external_order_id, reason, version, not_after_ms, created_at_ms, updated_at_ms"
)
ACCOUNT_COLUMNS = "user_id, cash_cents, held_cents, frozen"
POSITION_COLUMNS = "user_id, symbol, shares, held_shares, cost_cents"
AUDIT_COLUMNS = "audit_id, at_ms, user_id, order_id, what, result, actor, address, request_id, detail"
FILL_COLUMNS = (
    "fill_id, user_id, order_id, external_order_id, trade_id, epoch, sequence, symbol, side, price_e4, num_shares, "
    "cash_cents, timestamp_ms, booked_at_ms"
)

ORDER = f"SELECT {ORDER_COLUMNS} FROM orders WHERE user_id = ? AND order_id = ?"

_SIDES = {side.value: side for side in Side}
_TYPES = {kind.value: kind for kind in OrderType}
_STATUSES = {status.value: status for status in Status}

_encode_order = msgspec.msgpack.Encoder().encode
_decode_order = msgspec.msgpack.Decoder(Order).decode

Row = Sequence[Any]


def order_of(row: Row) -> Order:
    return Order(
        user_id=row[0],
        order_id=row[1],
        side=_SIDES[row[2]],
        symbol=row[3],
        type=_TYPES[row[4]],
        num_shares=row[5],
        price_cents=row[6],
        worst_price_cents=row[7],
        status=_STATUSES[row[8]],
        filled_shares=row[9],
        filled_value_e4=row[10],
        external_order_id=row[11],
        reason=row[12],
        version=row[13],
        not_after_ms=row[14],
        created_at_ms=row[15],
        updated_at_ms=row[16],
    )


def row_of(order: Order) -> tuple[Any, ...]:
    """In the order of `ORDER_COLUMNS`."""
    return (
        order.user_id,
        order.order_id,
        order.side,
        order.symbol,
        order.type,
        order.num_shares,
        order.price_cents,
        order.worst_price_cents,
        order.status,
        order.filled_shares,
        order.filled_value_e4,
        order.external_order_id,
        order.reason,
        order.version,
        order.not_after_ms,
        order.created_at_ms,
        order.updated_at_ms,
    )


def account_of(row: Row) -> Account:
    return Account(user_id=row[0], cash_cents=row[1], held_cents=row[2], frozen=bool(row[3]))


def position_of(row: Row) -> Position:
    return Position(user_id=row[0], symbol=row[1], shares=row[2], held_shares=row[3], cost_cents=row[4])


def audit_of(row: Row) -> AuditRow:
    audit_id, at_ms, user_id, order_id, what, result, actor, address, request_id, detail = row
    return AuditRow(audit_id, at_ms, user_id, order_id, what, result, Source(actor, address, request_id), detail)


def fill_of(row: Row) -> Fill:
    return Fill(*row)


def packed(order: Order) -> bytes:
    return _encode_order(order)


def update_of(row: Row) -> OrderUpdate:
    return OrderUpdate(row[0], row[1], _decode_order(row[2]))
