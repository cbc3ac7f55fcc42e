"""What is written beside every change of an order, in its transaction: the audit row, and the person's numbered update."""

from collections.abc import Sequence
from typing import cast

import apsw

from locksley.domain.order import Order
from locksley.order_db.port import AuditRow, OrderUpdate, Source
from locksley.order_db.sqlite.rows import AUDIT_COLUMNS, audit_of, packed, update_of

TRIM_EVERY_UPDATES = 100
PEOPLE_PER_POLL_MAX = 50_000

_APPEND_AUDIT = """
    INSERT INTO audit (at_ms, user_id, order_id, what, result, actor, address, request_id, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_UPDATE_NUMBER = "SELECT update_number FROM accounts WHERE user_id = ?"

_APPEND_UPDATE = "INSERT INTO order_updates (user_id, number, order_now) VALUES (?, ?, ?)"

_TRIM_UPDATES = "DELETE FROM order_updates WHERE user_id = ? AND number <= ?"


def write_audit(
    connection: apsw.Connection, at_ms: int, order: Order, what: str, result: str, source: Source, detail: str = ""
) -> None:
    connection.execute(
        _APPEND_AUDIT,
        (at_ms, order.user_id, order.order_id, what, result, source.actor, source.address, source.request_id, detail),
    )


def last_update_number(connection: apsw.Connection, user_id: str) -> int:
    """As the account has it. Asked for apart: what `RETURNING` would tell costs more than the update and this."""
    return cast(int, connection.execute(_UPDATE_NUMBER, (user_id,)).get)


def write_updates(connection: apsw.Connection, orders: Sequence[Order], last_number: int) -> None:
    """One update for each state in `orders`, the last of them numbered `last_number`."""
    first = last_number - len(orders) + 1
    for number, order in enumerate(orders, start=first):
        connection.execute(_APPEND_UPDATE, (order.user_id, number, packed(order)))


def trim_updates(connection: apsw.Connection, user_id: str, number: int, changes: int, kept: int) -> None:
    """Forget what is older than the newest `kept`, now and then."""
    if number % TRIM_EVERY_UPDATES < changes and number > kept:
        connection.execute(_TRIM_UPDATES, (user_id, number - kept))


def audit_of_order(connection: apsw.Connection, user_id: str, order_id: str) -> list[AuditRow]:
    rows = connection.execute(
        f"SELECT {AUDIT_COLUMNS} FROM audit WHERE order_id = ? AND user_id = ? ORDER BY audit_id", (order_id, user_id)
    )
    return [audit_of(row) for row in rows]


def updates_after(connection: apsw.Connection, user_id: str, number: int, limit: int) -> list[OrderUpdate]:
    rows = connection.execute(
        "SELECT user_id, number, order_now FROM order_updates WHERE user_id = ? AND number > ? ORDER BY number LIMIT ?",
        (user_id, number, limit),
    )
    return [update_of(row) for row in rows]


def update_range(connection: apsw.Connection, user_id: str) -> tuple[int, int]:
    """(oldest kept, newest given)."""
    oldest = connection.execute("SELECT min(number) FROM order_updates WHERE user_id = ?", (user_id,)).fetchone()
    newest = connection.execute("SELECT update_number FROM accounts WHERE user_id = ?", (user_id,)).fetchone()
    last = newest[0] if newest else 0
    return (oldest[0] if oldest and oldest[0] is not None else last + 1, last)


def people_with_updates_after(connection: apsw.Connection, cursor: int) -> tuple[int, set[str]]:
    if cursor < 0:
        newest = connection.execute("SELECT coalesce(max(update_id), 0) FROM order_updates").get
        return cast(int, newest), set()
    rows = connection.execute(
        "SELECT update_id, user_id FROM order_updates WHERE update_id > ? ORDER BY update_id LIMIT ?",
        (cursor, PEOPLE_PER_POLL_MAX),
    ).fetchall()
    return (cast(int, rows[-1][0]) if rows else cursor), {str(row[1]) for row in rows}
