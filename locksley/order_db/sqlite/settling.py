"""Orders that wait to be settled, how often they were asked about in vain, and those that nobody could settle."""

from collections.abc import Sequence

import apsw

from locksley.domain.events import ClosedByExchange
from locksley.domain.order import Order, Status
from locksley.order_db.port import Applied, NotBookable, OrderEvents, Source
from locksley.order_db.sqlite import applying
from locksley.order_db.sqlite.history import write_audit
from locksley.order_db.sqlite.rows import ORDER_COLUMNS, Row, order_of
from locksley.order_db.upkeep import Backoff, DeadLetter, Settling, Try, Waiting

DISCARDED = "discarded"

_OPEN = "('pending', 'submitted', 'partially_filled', 'pending_cancel')"
_OF_ORDER = ", ".join("o." + name for name in ORDER_COLUMNS.split(", "))
_SETTLING_COLUMNS = "user_id, order_id, status, tries, next_try_at_ms, dead_since_ms, last_error"
_OF_SETTLING = ", ".join("s." + name for name in _SETTLING_COLUMNS.split(", "))
_ORDER_WIDTH = len(ORDER_COLUMNS.split(", "))

_WAITING = f"""
    SELECT {_OF_ORDER} FROM orders o LEFT JOIN settling s USING (user_id, order_id)
    WHERE o.status IN ('pending', 'pending_cancel')
        AND (o.updated_at_ms < :before OR o.updated_at_ms > :after)
        AND (s.status IS NULL OR s.status != o.status OR s.next_try_at_ms <= :now OR s.next_try_at_ms > :until)
        AND (o.updated_at_ms, o.order_id) > (:at, :order_id)
    ORDER BY o.updated_at_ms, o.order_id LIMIT :limit"""

_SILENT = f"""
    SELECT {_OF_ORDER} FROM orders o LEFT JOIN settling s USING (user_id, order_id)
    WHERE o.status IN {_OPEN} AND o.order_id > :order_id
        AND (o.updated_at_ms < :before OR o.updated_at_ms > :after)
        AND (s.status IS NULL OR s.status != o.status OR s.next_try_at_ms <= :now OR s.next_try_at_ms > :until)
    ORDER BY o.order_id LIMIT :limit"""

_TRIED = f"SELECT {_SETTLING_COLUMNS} FROM settling WHERE user_id = ? AND order_id = ?"

_KEEP_TRY = f"""
    INSERT INTO settling ({_SETTLING_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_id, order_id) DO UPDATE SET status = excluded.status, tries = excluded.tries,
        next_try_at_ms = excluded.next_try_at_ms, dead_since_ms = excluded.dead_since_ms, last_error = excluded.last_error"""

_FORGET_PAUSES = "UPDATE settling SET next_try_at_ms = 0 WHERE next_try_at_ms != 0"

_FORGET_SETTLED = """
    DELETE FROM settling WHERE (user_id, order_id) IN (
        SELECT s.user_id, s.order_id FROM settling s JOIN orders o USING (user_id, order_id)
        WHERE o.status != s.status LIMIT ?)
    RETURNING order_id"""

_DEAD = f"""
    SELECT {_OF_ORDER}, {_OF_SETTLING} FROM settling s JOIN orders o USING (user_id, order_id)
    WHERE s.dead_since_ms IS NOT NULL AND o.status = s.status"""


def waiting_orders(connection: apsw.Connection, waiting: Waiting, after: tuple[int, str], limit: int) -> list[Order]:
    values = {**_values(waiting), "at": after[0], "order_id": after[1], "limit": limit}
    return [order_of(row) for row in connection.execute(_WAITING, values)]


def silent_orders(connection: apsw.Connection, waiting: Waiting, after: str, limit: int) -> list[Order]:
    values = {**_values(waiting), "order_id": after, "limit": limit}
    return [order_of(row) for row in connection.execute(_SILENT, values)]


def note_tries(connection: apsw.Connection, tries: Sequence[Try], backoff: Backoff, now_ms: int) -> list[Settling]:
    return [_note(connection, one, backoff, now_ms) for one in tries]


def forget_pauses(connection: apsw.Connection) -> None:
    connection.execute(_FORGET_PAUSES)


def forget_settled(connection: apsw.Connection, limit: int) -> int:
    return len(connection.execute(_FORGET_SETTLED, (limit,)).fetchall())


def dead_letters(connection: apsw.Connection, after: str, limit: int) -> list[DeadLetter]:
    rows = connection.execute(f"{_DEAD} AND s.order_id > ? ORDER BY s.order_id LIMIT ?", (after, limit))
    return [_dead_letter(row) for row in rows]


def dead_letter(connection: apsw.Connection, order_id: str) -> DeadLetter | None:
    row = connection.execute(f"{_DEAD} AND s.order_id = ?", (order_id,)).fetchone()
    return _dead_letter(row) if row is not None else None


def discard(
    connection: apsw.Connection, letter: DeadLetter, reason: str, source: Source, now_ms: int, updates_kept: int
) -> Applied:
    """A person vouches that the order is closed, with the fills that are booked."""
    order = letter.order
    row = connection.execute(
        f"SELECT {ORDER_COLUMNS} FROM orders WHERE user_id = ? AND order_id = ?", (order.user_id, order.order_id)
    ).fetchone()
    if row is None or row[13] != order.version:
        raise NotBookable("the order has changed since; look at it again")
    write_audit(connection, now_ms, order, DISCARDED, str(order.status), source, reason)
    closed = OrderEvents(order.order_id, order.user_id, [ClosedByExchange(order.filled_shares, DISCARDED)])
    [applied] = applying.apply_all(connection, [closed], source, None, now_ms, updates_kept)
    return applied


def _values(waiting: Waiting) -> dict[str, int]:
    return {
        "before": waiting.updated_before_ms,
        "after": waiting.updated_after_ms,
        "now": waiting.now_ms,
        "until": waiting.tries_until_ms,
    }


def _note(connection: apsw.Connection, one: Try, backoff: Backoff, now_ms: int) -> Settling:
    row = connection.execute(_TRIED, (one.user_id, one.order_id)).fetchone()
    before = _settling(row) if row is not None else None
    if before is not None and before.status is not one.status:
        before = None
    tries = before.tries + 1 if before is not None else 1
    dead_since_ms = before.dead_since_ms if before is not None else None
    if tries >= backoff.tries_max:
        dead_since_ms = dead_since_ms if dead_since_ms is not None else now_ms
        pause_ms = backoff.dead_every_ms
    else:
        pause_ms = int(one.chance * min(backoff.first_ms << (tries - 1), backoff.most_ms))
    after = Settling(one.user_id, one.order_id, one.status, tries, now_ms + pause_ms, dead_since_ms, one.error)
    connection.execute(_KEEP_TRY, (*one[:3], tries, after.next_try_at_ms, dead_since_ms, one.error))
    return after


def _dead_letter(row: Row) -> DeadLetter:
    return DeadLetter(order_of(row[:_ORDER_WIDTH]), _settling(row[_ORDER_WIDTH:]))


def _settling(row: Row) -> Settling:
    return Settling(row[0], row[1], Status(row[2]), row[3], row[4], row[5], row[6])
