"""Removing idempotency keys that have expired: a day old, and their order final."""

import apsw

from locksley.domain.order import CLOSED
from locksley.order_db.upkeep import KeyCursor

_OLD = """
    SELECT created_at_ms, user_id, key,
        (SELECT status FROM orders o WHERE o.user_id = k.user_id AND o.order_id = k.order_id) AS status
    FROM idempotency_keys k
    WHERE created_at_ms <= ? AND (created_at_ms, user_id, key) > (?, ?, ?)
    ORDER BY created_at_ms, user_id, key LIMIT ?"""

_REMOVE = "DELETE FROM idempotency_keys WHERE user_id = ? AND key = ? AND created_at_ms = ?"

_FIRST = KeyCursor(-1, "", "")


def purge(connection: apsw.Connection, created_before_ms: int, after: KeyCursor | None, limit: int) -> KeyCursor | None:
    rows = connection.execute(_OLD, (created_before_ms, *(after or _FIRST), limit)).fetchall()
    final = [(user_id, key, at_ms) for at_ms, user_id, key, status in rows if status is None or status in CLOSED]
    connection.executemany(_REMOVE, final)
    return KeyCursor(*rows[-1][:3]) if len(rows) == limit else None  # type: ignore[arg-type]
