"""Orders that were closed before a moment, each day's together, with their fills and what happened to them: every column, by its name."""

import heapq
from collections.abc import Iterator

import apsw

from locksley.order_db.upkeep import OldRow

_DAY_MS = 86_400_000
_OLD = f"o.updated_at_ms / {_DAY_MS}"
_CLOSED_BEFORE = "o.status IN ('filled', 'cancelled', 'failed') AND o.updated_at_ms < ?"
_OF_ITS_ORDER = "CROSS JOIN orders o ON o.user_id = one.user_id AND o.order_id = one.order_id"

# By day, then by kind as it stands here, then by order. CROSS: go through the rows and look their orders up, not the reverse.
_BY_KIND = {
    "order": f"SELECT {_OLD}, o.* FROM orders o WHERE {_CLOSED_BEFORE} ORDER BY 1, o.order_id",
    "fill": f"SELECT {_OLD}, one.* FROM fills one {_OF_ITS_ORDER} WHERE {_CLOSED_BEFORE} ORDER BY 1, o.order_id, one.fill_id",
    "audit": f"SELECT {_OLD}, one.* FROM audit one {_OF_ITS_ORDER} WHERE {_CLOSED_BEFORE} ORDER BY 1, o.order_id, one.audit_id",
}


def old_rows(connection: apsw.Connection, before_ms: int) -> Iterator[OldRow]:
    """By day; within a day orders, then fills, then audit rows. On one state of the database if `connection` is in a transaction."""
    places = {kind: place for place, kind in enumerate(_BY_KIND)}
    of_each = [_rows(connection, kind, query, before_ms) for kind, query in _BY_KIND.items()]
    return heapq.merge(*of_each, key=lambda one: (one.day, places[one.kind]))


def _rows(connection: apsw.Connection, kind: str, query: str, before_ms: int) -> Iterator[OldRow]:
    cursor = connection.cursor()
    for day, *values in cursor.execute(query, (before_ms,)):
        names = [str(column[0]) for column in cursor.getdescription()[1:]]
        yield OldRow(int(day), kind, dict(zip(names, values, strict=True)))
