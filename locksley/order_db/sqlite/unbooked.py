"""What can not be booked, kept for a person; and the trades that the feed will never tell."""

import json
from typing import Any

import apsw
import msgspec

from locksley.domain.events import Event
from locksley.domain.price import Version
from locksley.order_db.port import OrderEvents, Source
from locksley.order_db.sqlite.applying import keep_feed_position
from locksley.order_db.upkeep import Unbooked

_COLUMNS = "unbooked_id, user_id, order_id, events, actor, why, times, first_at_ms, last_at_ms"

_AGAIN = """
    UPDATE unbooked SET times = times + 1, last_at_ms = ?, why = ?
    WHERE user_id = ? AND order_id = ? AND events = ? RETURNING times"""

_KEEP = """
    INSERT INTO unbooked (user_id, order_id, events, actor, why, times, first_at_ms, last_at_ms)
    SELECT ?1, ?2, ?3, ?4, ?5, 1, ?6, ?6 WHERE (SELECT count(*) FROM unbooked) < ?7 RETURNING unbooked_id"""


def set_aside(
    connection: apsw.Connection, change: OrderEvents, source: Source, why: str, now_ms: int, kept_max: int
) -> bool:
    events = json.dumps([_named(event) for event in change.events])  # its integers may be of any size
    if connection.execute(_AGAIN, (now_ms, why, change.user_id, change.order_id, events)).fetchone() is not None:
        return True
    row = (change.user_id, change.order_id, events, source.actor, why, now_ms, kept_max)
    return connection.execute(_KEEP, row).fetchone() is not None


def unbooked(connection: apsw.Connection, after: int, limit: int) -> list[Unbooked]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM unbooked WHERE unbooked_id > ? ORDER BY unbooked_id LIMIT ?", (after, limit)
    )
    return [Unbooked(*row) for row in rows]


def lose_feed(connection: apsw.Connection, until: Version) -> None:
    keep_feed_position(connection, until)
    connection.execute("UPDATE feed_losses SET lost = lost + 1")


def feed_losses(connection: apsw.Connection) -> tuple[int, int]:
    return connection.execute("SELECT lost, swept FROM feed_losses").fetchone()  # type: ignore[return-value]


def made_good(connection: apsw.Connection, losses: int) -> None:
    connection.execute("UPDATE feed_losses SET swept = max(swept, ?)", (losses,))


def _named(event: Event) -> dict[str, Any]:
    return {type(event).__name__: msgspec.to_builtins(event)}
