"""Storing a new order: the key is new, the hold is there, the order is `pending`, the audit row is written; all or nothing."""

import apsw

from locksley.domain import errors
from locksley.domain.account import hold_cents, hold_shares
from locksley.domain.order import CLOSED, Order, Side
from locksley.order_db.port import IdempotencyKey, Placed, Source
from locksley.order_db.sqlite.history import last_update_number, write_audit, write_updates
from locksley.order_db.sqlite.rows import ORDER, ORDER_COLUMNS, order_of, row_of

# Not one join: SQLite would plan that anew for every pair of values.
_KEY_USED = (
    "SELECT body_digest, status_code, created_at_ms, order_id FROM idempotency_keys WHERE user_id = ? AND key = ?"
)

_FORGET_KEY = "DELETE FROM idempotency_keys WHERE user_id = ? AND key = ?"

_KEEP_KEY = "INSERT INTO idempotency_keys (user_id, key, body_digest, order_id, created_at_ms) VALUES (?, ?, ?, ?, ?)"

_KEEP_ANSWER = "UPDATE idempotency_keys SET status_code = ? WHERE user_id = ? AND key = ? AND status_code IS NULL"

# Hold the cash if it is free; no change: it is not, or the account is frozen. A sell holds none, and an overdrawn account may sell.
_HOLD_CASH = """
    UPDATE accounts SET held_cents = held_cents + ?2, update_number = update_number + 1
    WHERE user_id = ?1 AND frozen = 0 AND (?2 = 0 OR cash_cents - held_cents >= ?2)"""

# Hold the shares if they are free.
_HOLD_SHARES = """
    UPDATE positions SET held_shares = held_shares + ?3
    WHERE user_id = ?1 AND symbol = ?2 AND shares - held_shares >= ?3"""

_INSERT_ORDER = f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES ({', '.join('?' * 17)})"


def place(
    connection: apsw.Connection, order: Order, key: IdempotencyKey | None, source: Source, key_lifetime_ms: int
) -> Placed:
    if key is not None:
        before = placed_before(connection, order.user_id, key, order.created_at_ms - key_lifetime_ms)
        if before is not None:
            return before
    _hold(connection, order)
    connection.execute(_INSERT_ORDER, row_of(order))
    if key is not None:
        connection.execute(_FORGET_KEY, (order.user_id, key.key))
        connection.execute(_KEEP_KEY, (order.user_id, key.key, key.body_digest, order.order_id, order.created_at_ms))
    write_audit(connection, order.created_at_ms, order, "placed", str(order.status), source)
    write_updates(connection, [order], last_update_number(connection, order.user_id))
    return Placed(order)


def keep_answer(connection: apsw.Connection, user_id: str, key: str, status_code: int) -> None:
    connection.execute(_KEEP_ANSWER, (status_code, user_id, key))


def placed_before(
    connection: apsw.Connection, user_id: str, key: IdempotencyKey, expired_before_ms: int
) -> Placed | None:
    """A key counts for its lifetime, and for as long as its order is open."""
    row = connection.execute(_KEY_USED, (user_id, key.key)).fetchone()
    if row is None:
        return None
    body_digest, status_code, created_at_ms, order_id = row
    before = order_of(connection.execute(ORDER, (user_id, order_id)).get)
    if before.status in CLOSED and created_at_ms <= expired_before_ms:
        return None
    if body_digest != key.body_digest:
        raise errors.IdempotencyKeyReused
    return Placed(before, replayed=True, status_code=status_code)


def _hold(connection: apsw.Connection, order: Order) -> None:
    """What may well be refused comes first: a refusal that has changed nothing need not be undone."""
    if order.side is Side.SELL:
        _hold_shares(connection, order)
    _hold_cash(connection, order)


def _hold_cash(connection: apsw.Connection, order: Order) -> None:
    connection.execute(_HOLD_CASH, (order.user_id, hold_cents(order)))
    if connection.changes() == 1:
        return
    buying_power_cents = _buying_power_cents(connection, order.user_id)
    raise errors.InsufficientBuyingPower(neededInCents=hold_cents(order), buyingPowerInCents=buying_power_cents)


def _buying_power_cents(connection: apsw.Connection, user_id: str) -> int:
    """Raises where no order of this person's is taken at all."""
    account = connection.execute(
        "SELECT cash_cents - held_cents, frozen FROM accounts WHERE user_id = ?", (user_id,)
    ).fetchone()
    if account is None:
        raise errors.NotFound("There is no account for this person.")
    if account[1]:
        raise errors.AccountFrozen
    return int(account[0])


def _hold_shares(connection: apsw.Connection, order: Order) -> None:
    connection.execute(_HOLD_SHARES, (order.user_id, order.symbol, hold_shares(order)))
    if connection.changes() == 1:
        return
    _buying_power_cents(connection, order.user_id)
    free = connection.execute(
        "SELECT shares - held_shares FROM positions WHERE user_id = ? AND symbol = ?", (order.user_id, order.symbol)
    ).fetchone()
    raise errors.InsufficientShares(neededShares=order.num_shares, freeShares=max(0, free[0]) if free else 0)
