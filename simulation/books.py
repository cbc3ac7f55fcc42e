"""The broker's books, read from its file by a connection of their own, and held against the exchange's truth (I1 to I5, I7).

Shares no arithmetic with the broker. Cheap enough to run after every step: what was found right once is not compared again.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from locksley.order_index.port import OrderIndex, Owner
from simulation.venue import Venue

if TYPE_CHECKING:
    from simulation.people import Person

_OPEN = "('pending', 'submitted', 'partially_filled', 'pending_cancel')"
_CLOSED = frozenset({"filled", "cancelled", "failed"})
_SETTLED_AS = {"open": {"submitted", "partially_filled"}, "filled": {"filled"}, "cancelled": {"cancelled"}}

# I4: cash = transfers + what the fills moved; held = what open buys may still cost.
_MONEY = f"""
    SELECT a.user_id, a.cash_cents, a.held_cents,
        coalesce((SELECT sum(amount_cents) FROM transfers t WHERE t.user_id = a.user_id), 0)
            + coalesce((SELECT sum(cash_cents) FROM fills f WHERE f.user_id = a.user_id), 0) AS cash,
        coalesce((SELECT sum((num_shares - filled_shares) * worst_price_cents) FROM orders o
            WHERE o.user_id = a.user_id AND side = 'buy' AND status IN {_OPEN}), 0) AS held
    FROM accounts a
    WHERE a.cash_cents != cash OR a.held_cents != held OR (a.cash_cents < a.held_cents AND a.frozen = 0)"""

# I4: shares = bought less sold; held = what open sells may still take.
_SHARES = f"""
    SELECT p.user_id, p.symbol, p.shares, p.held_shares,
        coalesce((SELECT sum(iif(side = 'buy', num_shares, -num_shares)) FROM fills f
            WHERE f.user_id = p.user_id AND f.symbol = p.symbol), 0) AS bought,
        coalesce((SELECT sum(num_shares - filled_shares) FROM orders o
            WHERE o.user_id = p.user_id AND o.symbol = p.symbol AND side = 'sell' AND status IN {_OPEN}), 0) AS held
    FROM positions p
    WHERE p.shares != bought OR p.held_shares != held OR p.shares < p.held_shares"""

_ORDERS = "SELECT order_id, user_id, status, version, num_shares, filled_shares, external_order_id FROM orders"
_FILLS = """
    SELECT fill_id, trade_id, external_order_id, order_id, price_e4, num_shares, cash_cents, side
    FROM fills WHERE fill_id > ?"""
# Closed because the exchange came back without its memory; a fill that it had told of before may be booked after that, with an alarm.
_LOST = """
    SELECT order_id FROM orders WHERE status IN ('cancelled', 'failed') AND filled_shares = num_shares
        AND user_id IN (SELECT user_id FROM accounts WHERE frozen = 1)"""
_FILLED = "SELECT order_id, sum(num_shares) FROM fills GROUP BY order_id"


class Books:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._fills_checked = 0
        self._version = 0
        self._orders: dict[str, tuple] = {}  # type: ignore[type-arg]
        self._taken_there_checked = -1

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def wrong(self, venue: Venue, people: "Sequence[Person]", index: OrderIndex) -> list[str]:
        """One line for each thing that does not hold; none: all does."""
        connection = self._open()
        # Another number whenever somebody else has committed; while it is the same, the file is.
        version = int(str(connection.execute("PRAGMA data_version").get))
        changed = version != self._version
        self._version = version
        kept = self._kept(connection, venue) if changed else []
        return [
            *self._told(people, anew=not changed),
            *(self._doubled(people) if changed else ()),
            *self._taken_there(venue, changed),
            *(self._not_indexed(index) if changed else ()),
            *kept,
        ]

    def _kept(self, connection: apsw.Connection, venue: Venue) -> list[str]:
        """What does not hold within the file, or between its fills and the exchange's."""
        connection.execute("BEGIN")
        try:
            self._orders = {row[0]: row for row in connection.execute(_ORDERS)}
            return [
                *self._fills(connection, venue),
                *self._amounts(connection),
                *(f"I4 money: {row}" for row in connection.execute(_MONEY)),
                *(f"I4 shares: {row}" for row in connection.execute(_SHARES)),
            ]
        finally:
            connection.execute("COMMIT")

    def unsettled(self, venue: Venue) -> list[str]:
        """I7, and the second half of I3."""
        connection = self._open()
        stuck = "SELECT order_id, status FROM orders WHERE status IN ('pending', 'pending_cancel')"
        booked = {(row[1], row[2]) for row in connection.execute(_FILLS, (0,))}
        states = {row[0]: row[2] for row in connection.execute(_ORDERS)}
        forgotten = {order.client_order_id for order in venue.forgotten}
        missing = [
            (key, executed.client_order_id)
            for key, executed in venue.executions().items()
            if key not in booked and executed.client_order_id not in forgotten
        ]
        return [
            *(f"still {status}: {order_id}" for order_id, status in connection.execute(stuck)),
            *(f"never booked: {key} of {order_id}" for key, order_id in missing),
            *(
                f"{order.client_order_id} is {order.state} there and {states.get(order.client_order_id)} here"
                for order in venue.exchange.orders.all
                if states.get(order.client_order_id) not in _SETTLED_AS[order.state]
            ),
            *(
                f"{order_id} was forgotten there and is open here"
                for order_id in forgotten
                if states.get(order_id) not in _CLOSED
            ),
        ]

    def update_number(self, user_id: str) -> int:
        number = self._open().execute("SELECT update_number FROM accounts WHERE user_id = ?", (user_id,)).get
        return int(str(number))

    def _open(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._version = 0  # it counts for one connection alone
            self._connection.execute("PRAGMA query_only = ON")
        return self._connection

    def _told(self, people: "Sequence[Person]", anew: bool) -> list[str]:
        """I1: what a person was told of is there, and no older than they were told; what was final then is final now.
        `anew`: only what they were told since the last time, as nothing was committed since."""
        wrong, orders = [], self._orders
        for person in people:
            for order_id in person.told_anew if anew else person.told:
                told, now = person.told[order_id], orders.get(order_id)
                if now is None:
                    wrong.append(f"I1 lost: {person.user_id} was told of {order_id} as {told.status}")
                elif now[1] != person.user_id or now[3] < told.version:
                    wrong.append(f"I1 {order_id} was told as version {told.version}, is {now[3]} of {now[1]}")
                elif told.status in _CLOSED and now[2] != told.status:
                    wrong.append(f"I1 {order_id} was told as {told.status} and is {now[2]}")
            person.told_anew.clear()
        return wrong

    def _doubled(self, people: "Sequence[Person]") -> list[str]:
        """I1: one order at most for each that a person wanted, however often it was asked for."""
        placed = Counter([row[1] for row in self._orders.values()])
        return [
            f"I1 {person.user_id} wanted {person.intents} orders and has {placed[person.user_id]}"
            for person in people
            if placed[person.user_id] > person.intents
        ]

    def _taken_there(self, venue: Venue, changed: bool) -> list[str]:
        """I2, and that the exchange has nothing that we do not know of: stored before it is sent."""
        if not changed and venue.orders_taken == self._taken_there_checked:
            return []
        self._taken_there_checked = venue.orders_taken
        taken = [order.client_order_id for order in venue.all_orders()]
        once = set(taken)
        wrong = [f"I1 the exchange has {order_id}, we do not" for order_id in sorted(once - self._orders.keys())]
        if len(once) != len(taken):
            wrong += [
                f"I2 {order_id} was taken {times} times" for order_id, times in Counter(taken).items() if times > 1
            ]
        return wrong

    def _not_indexed(self, index: OrderIndex) -> list[str]:
        """Every open order that the exchange has told its id of is found by it, or its fills would be passed over."""
        found = [
            (row[6], Owner(row[0], row[1]))
            for row in self._orders.values()
            if row[2] not in _CLOSED and row[6] is not None
        ]
        known = index.get_many([external_id for external_id, _ in found])
        return [
            f"I3 the index has {here} for {external_id}, not {owner}"
            for (external_id, owner), here in zip(found, known, strict=True)
            if here != owner
        ]

    def _fills(self, connection: apsw.Connection, venue: Venue) -> list[str]:
        """I3: each fill is an execution of the exchange, to the share and the cent."""
        wrong = []
        for fill_id, trade_id, external_id, order_id, price_e4, num_shares, cash_cents, side in connection.execute(
            _FILLS, (self._fills_checked,)
        ):
            executed = venue.execution(str(trade_id), str(external_id))
            cash = round(Fraction(int(str(price_e4)) * int(str(num_shares)), 100)) * (-1 if side == "buy" else 1)
            if executed is None or tuple(executed) != (order_id, price_e4, num_shares) or cash != cash_cents:
                wrong.append(
                    f"I3 booked {(trade_id, external_id, order_id, price_e4, num_shares, cash_cents)}, truth {executed}"
                )
            self._fills_checked = max(self._fills_checked, int(str(fill_id)))
        return wrong

    def _amounts(self, connection: apsw.Connection) -> list[str]:
        lost = {row[0] for row in connection.execute(_LOST)}
        filled: dict[str, int] = dict(connection.execute(_FILLED).fetchall())  # type: ignore[arg-type]
        return [
            f"I3 {order_id} is {status} with {filled_shares} of {num_shares} filled, its fills are {filled.get(order_id, 0)}"
            for order_id, _, status, _, num_shares, filled_shares, _ in self._orders.values()
            if filled_shares != filled.get(order_id, 0)
            or filled_shares > num_shares
            or (filled_shares == num_shares) is not (status == "filled" or order_id in lost)
        ]
