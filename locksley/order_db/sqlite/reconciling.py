"""What reconciliation reads: the changes of a day, orders and fills by their keys, and balances computed anew."""

from collections.abc import Collection

import apsw

from locksley.domain.order import Order
from locksley.order_db.port import AuditRow, Fill
from locksley.order_db.sqlite.rows import AUDIT_COLUMNS, FILL_COLUMNS, ORDER_COLUMNS, audit_of, fill_of, order_of
from locksley.order_db.upkeep import BooksPage, Changed, Reconciliation, WrongBook

_OPEN = "('pending', 'submitted', 'partially_filled', 'pending_cancel')"

_CHANGED = """
    SELECT at_ms, audit_id, user_id, order_id FROM audit
    WHERE at_ms < ? AND (at_ms, audit_id) > (?, ?) ORDER BY at_ms, audit_id LIMIT ?"""

_ORDER = f"SELECT {ORDER_COLUMNS} FROM orders WHERE user_id = ? AND order_id = ?"
_OWNER = "SELECT user_id FROM audit WHERE order_id = ? ORDER BY audit_id LIMIT 1"
_TRAIL = f"SELECT {AUDIT_COLUMNS} FROM audit WHERE order_id = ? ORDER BY audit_id"
_FILL = f"SELECT {FILL_COLUMNS} FROM fills WHERE trade_id = ? AND external_order_id = ?"
_FILLS_OF_ORDER = f"SELECT {FILL_COLUMNS} FROM fills WHERE user_id = ? AND order_id = ? ORDER BY fill_id"

_PEOPLE = "SELECT user_id FROM accounts WHERE user_id > ? ORDER BY user_id LIMIT ?"

# The cash is what was transferred and what the fills moved; held of it is what the open buys may still cost.
_MONEY = f"""
    SELECT cash_cents, held_cents,
        (SELECT coalesce(sum(amount_cents), 0) FROM transfers WHERE user_id = ?1)
            + (SELECT coalesce(sum(cash_cents), 0) FROM fills WHERE user_id = ?1),
        (SELECT coalesce(sum((num_shares - filled_shares) * worst_price_cents), 0) FROM orders
            WHERE user_id = ?1 AND side = 'buy' AND status IN {_OPEN})
    FROM accounts WHERE user_id = ?1"""

_SHARES = f"""
    WITH traded AS (
        SELECT symbol, sum(iif(side = 'buy', num_shares, -num_shares)) AS shares FROM fills WHERE user_id = ?1 GROUP BY symbol
    ), held AS (
        SELECT symbol, sum(num_shares - filled_shares) AS shares FROM orders
        WHERE user_id = ?1 AND side = 'sell' AND status IN {_OPEN} GROUP BY symbol
    ), kept AS (SELECT symbol, shares, held_shares FROM positions WHERE user_id = ?1)
    SELECT symbol, coalesce(kept.shares, 0), coalesce(traded.shares, 0),
        coalesce(kept.held_shares, 0), coalesce(held.shares, 0)
    FROM (SELECT symbol FROM kept UNION SELECT symbol FROM traded UNION SELECT symbol FROM held)
    LEFT JOIN kept USING (symbol) LEFT JOIN traded USING (symbol) LEFT JOIN held USING (symbol)"""

_FILLED = """
    WITH summed AS (
        SELECT order_id, sum(num_shares) AS shares, sum(num_shares * price_e4) AS value_e4
        FROM fills WHERE user_id = ?1 GROUP BY order_id)
    SELECT order_id, coalesce(o.filled_shares, 0), coalesce(s.shares, 0),
        coalesce(o.filled_value_e4, 0), coalesce(s.value_e4, 0)
    FROM (SELECT order_id FROM summed UNION SELECT order_id FROM orders WHERE user_id = ?1 AND filled_shares != 0)
    LEFT JOIN (SELECT * FROM orders WHERE user_id = ?1) o USING (order_id) LEFT JOIN summed s USING (order_id)
    WHERE o.filled_shares IS NOT s.shares OR o.filled_value_e4 IS NOT s.value_e4"""

_KEEP = """
    INSERT INTO reconciliations (day, at_ms, differences, report) VALUES (?, ?, ?, ?)
    ON CONFLICT (day) DO UPDATE SET at_ms = excluded.at_ms, differences = excluded.differences, report = excluded.report"""

_FORGET = """
    DELETE FROM reconciliations WHERE day NOT IN (SELECT day FROM reconciliations ORDER BY day DESC LIMIT ?)"""


def changed_between(
    connection: apsw.Connection, from_ms: int, to_ms: int, after: tuple[int, int], limit: int
) -> list[Changed]:
    rows = connection.execute(_CHANGED, (to_ms, *max(after, (from_ms, -1)), limit))
    return [Changed(*row) for row in rows]


def orders_by_id(connection: apsw.Connection, order_ids: Collection[tuple[str, str]]) -> dict[str, Order]:
    rows = (connection.execute(_ORDER, key).fetchone() for key in order_ids)
    return {order.order_id: order for order in (order_of(row) for row in rows if row is not None)}


def owners(connection: apsw.Connection, order_ids: Collection[str]) -> dict[str, str]:
    rows = ((order_id, connection.execute(_OWNER, (order_id,)).fetchone()) for order_id in order_ids)
    return {order_id: str(row[0]) for order_id, row in rows if row is not None}


def audit_trail(connection: apsw.Connection, order_id: str) -> list[AuditRow]:
    return [audit_of(row) for row in connection.execute(_TRAIL, (order_id,))]


def fills_by_key(connection: apsw.Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Fill]:
    rows = (connection.execute(_FILL, key).fetchone() for key in keys)
    return {(fill.trade_id, fill.external_order_id): fill for fill in (fill_of(row) for row in rows if row is not None)}


def fills_of_order(connection: apsw.Connection, user_id: str, order_id: str) -> list[Fill]:
    return [fill_of(row) for row in connection.execute(_FILLS_OF_ORDER, (user_id, order_id))]


def wrong_books(connection: apsw.Connection, after: str, people: int) -> BooksPage:
    user_ids = [str(row[0]) for row in connection.execute(_PEOPLE, (after, people))]
    wrong = [one for user_id in user_ids for one in _wrong_books_of(connection, user_id)]
    return BooksPage(len(user_ids), wrong, user_ids[-1] if len(user_ids) == people else None)


def keep_reconciliation(connection: apsw.Connection, found: Reconciliation, kept: int) -> None:
    connection.execute(_KEEP, (found.day, found.at_ms, found.differences, found.report))
    connection.execute(_FORGET, (kept,))


def reconciliation(connection: apsw.Connection, day: str) -> Reconciliation | None:
    row = connection.execute(
        "SELECT day, at_ms, differences, report FROM reconciliations WHERE day = ?", (day,)
    ).fetchone()
    return Reconciliation(*row) if row is not None else None


def _wrong_books_of(connection: apsw.Connection, user_id: str) -> list[WrongBook]:
    figures: list[tuple[str, int, int, str | None]] = []
    for cash, held, cash_anew, held_anew in connection.execute(_MONEY, (user_id,)):
        figures += [("cash_cents", cash, cash_anew, None), ("held_cents", held, held_anew, None)]
    for symbol, shares, shares_anew, held, held_anew in connection.execute(_SHARES, (user_id,)):
        figures += [
            (f"shares of {symbol}", shares, shares_anew, None),
            (f"held shares of {symbol}", held, held_anew, None),
        ]
    for order_id, shares, shares_anew, value, value_anew in connection.execute(_FILLED, (user_id,)):
        figures += [
            ("filled_shares", shares, shares_anew, order_id),
            ("filled_value_e4", value, value_anew, order_id),
        ]
    return [WrongBook(user_id, what, kept, anew, order_id) for what, kept, anew, order_id in figures if kept != anew]
