"""What must hold after every step, whatever failed: the books recomputed from transfers and fills, and held against the exchange.

`check(connection, venue_orders)` raises AssertionError with one line for each thing that does not hold. It reads the SQLite file by
a connection of its own, and shares no arithmetic with the broker.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import apsw

from paper_exchange.order import Order

_OPEN = "('pending', 'submitted', 'partially_filled', 'pending_cancel')"

# I4: cash = transfers + what fills moved; held = what open buys may still cost.
_MONEY = f"""
    SELECT a.user_id, 'cash ' || a.cash_cents || ' held ' || a.held_cents AS kept,
        'cash ' || (
            coalesce((SELECT sum(t.amount_cents) FROM transfers t WHERE t.user_id = a.user_id), 0)
            + coalesce((SELECT sum(f.cash_cents) FROM fills f WHERE f.user_id = a.user_id), 0)
        ) || ' held ' || coalesce((
            SELECT sum((o.num_shares - o.filled_shares) * o.worst_price_cents) FROM orders o
            WHERE o.user_id = a.user_id AND o.side = 'buy' AND o.status IN {_OPEN}), 0) AS recomputed
    FROM accounts a WHERE kept != recomputed"""

# I4: shares = bought - sold; held = what open sells may still take.
_SHARES = f"""
    SELECT k.user_id, k.symbol,
        'shares ' || coalesce(p.shares, 0) || ' held ' || coalesce(p.held_shares, 0) AS kept,
        'shares ' || coalesce((
            SELECT sum(iif(f.side = 'buy', f.num_shares, -f.num_shares)) FROM fills f
            WHERE f.user_id = k.user_id AND f.symbol = k.symbol), 0)
        || ' held ' || coalesce((
            SELECT sum(o.num_shares - o.filled_shares) FROM orders o
            WHERE o.user_id = k.user_id AND o.symbol = k.symbol AND o.side = 'sell' AND o.status IN {_OPEN}), 0)
        AS recomputed
    FROM (SELECT user_id, symbol FROM positions UNION SELECT user_id, symbol FROM orders) k
    LEFT JOIN positions p USING (user_id, symbol) WHERE kept != recomputed"""

# I4: nobody spends or sells what is not there; an account that is frozen waits for a person.
_OVERDRAWN = """
    SELECT user_id, 'free cash', cash_cents - held_cents FROM accounts WHERE cash_cents < held_cents AND frozen = 0
    UNION ALL
    SELECT user_id, symbol, shares - held_shares FROM positions JOIN accounts USING (user_id)
    WHERE shares < held_shares AND frozen = 0"""

# I3: an order's own figures are those of its fills, and never more than its shares.
_ORDERS = f"""
    SELECT o.order_id, o.status, o.num_shares, o.filled_shares, o.filled_value_e4, f.shares, f.value_e4
    FROM orders o LEFT JOIN (
        SELECT user_id, order_id, sum(num_shares) AS shares, sum(num_shares * price_e4) AS value_e4
        FROM fills GROUP BY user_id, order_id) f USING (user_id, order_id)
    WHERE o.filled_shares != coalesce(f.shares, 0) OR o.filled_value_e4 != coalesce(f.value_e4, 0)
        OR (o.status = 'filled' AND o.filled_shares < o.num_shares)
        OR (o.status IN {_OPEN} AND o.filled_shares >= o.num_shares)
        OR (o.filled_shares > o.num_shares AND NOT (SELECT frozen FROM accounts a WHERE a.user_id = o.user_id))"""

# The numbers of a person's updates: without gaps, the newest that of the account, the newest of each order the order itself.
_UPDATES = """
    SELECT a.user_id, a.update_number, count(u.number), max(u.number), min(u.number)
    FROM accounts a LEFT JOIN order_updates u USING (user_id) GROUP BY a.user_id
    HAVING coalesce(max(u.number), 0) != a.update_number
        OR coalesce(max(u.number) - min(u.number) + 1, 0) != count(u.number)"""

_ROW_WITHOUT_AUDIT = "SELECT order_id FROM orders WHERE order_id NOT IN (SELECT order_id FROM audit)"

_FILLS = """
    SELECT trade_id, external_order_id, order_id, symbol, side, price_e4, num_shares, epoch, sequence, cash_cents
    FROM fills"""


def check_file(path: Path, venue_orders: Sequence[Order], *, settled: bool = False) -> None:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        check(connection, venue_orders, settled=settled)
    finally:
        connection.close()


def check(connection: apsw.Connection, venue_orders: Sequence[Order], *, settled: bool = False) -> None:
    """`venue_orders`: every order that the exchange ever took. `settled`: faults have ceased and all is quiet (I3's second half, I7)."""
    wrong = [
        *(f"I4 money: {row}" for row in connection.execute(_MONEY)),
        *(f"I4 shares: {row}" for row in connection.execute(_SHARES)),
        *(f"I4 overdrawn: {row}" for row in connection.execute(_OVERDRAWN)),
        *(f"I3 order against its fills: {row}" for row in connection.execute(_ORDERS)),
        *(f"updates: {row}" for row in connection.execute(_UPDATES)),
        *(f"no audit row: {row}" for row in connection.execute(_ROW_WITHOUT_AUDIT)),
        *_against_the_exchange(connection, venue_orders),
        *(_unsettled(connection, venue_orders) if settled else []),
    ]
    assert not wrong, "\n".join(wrong)


def _against_the_exchange(connection: apsw.Connection, venue_orders: Sequence[Order]) -> list[str]:
    wrong = []
    ids = Counter(order.client_order_id for order in venue_orders)
    wrong += [f"I2 {count} orders of one id: {client_id}" for client_id, count in ids.items() if count > 1]
    ours = {row[0] for row in connection.execute("SELECT order_id FROM orders")}
    wrong += [f"I1 the exchange has an order that we do not: {client_id}" for client_id in ids.keys() - ours]
    truth = {
        (execution.trade_id, order.external_order_id): (
            order.client_order_id,
            order.symbol,
            order.side,
            execution.price_e4,
            execution.num_shares,
            execution.epoch,
            execution.sequence,
            _cash_cents(order.side, execution.price_e4, execution.num_shares),
        )
        for order in venue_orders
        for execution in order.executions
    }
    for trade_id, external_id, *booked in connection.execute(_FILLS):
        if truth.get((trade_id, external_id)) != tuple(booked):
            wrong.append(f"I3 booked {booked}, the exchange has {truth.get((trade_id, external_id))}")
    return wrong


def _cash_cents(side: str, price_e4: int, num_shares: int) -> int:
    cash_cents = round(Fraction(price_e4 * num_shares, 100))
    return -cash_cents if side == "buy" else cash_cents


def _unsettled(connection: apsw.Connection, venue_orders: Sequence[Order]) -> list[str]:
    stuck = "SELECT order_id, status FROM orders WHERE status IN ('pending', 'pending_cancel')"
    booked = {(row[0], row[1]) for row in connection.execute(_FILLS)}
    truth = {(e.trade_id, order.external_order_id) for order in venue_orders for e in order.executions}
    states = dict(connection.execute("SELECT order_id, status FROM orders"))
    expected = {
        "open": {"submitted", "partially_filled"},
        "filled": {"filled"},
        "cancelled": {"cancelled"},
    }
    return [
        *(f"I7 still unsettled: {row}" for row in connection.execute(stuck)),
        *(f"I3 never booked: {missing}" for missing in truth - booked),
        *(
            f"I7 {order.client_order_id} is {order.state} there and {states[order.client_order_id]} here"
            for order in venue_orders
            if states.get(order.client_order_id) not in expected[order.state]
        ),
    ]
