"""Every order that the exchange has had: found by id, listed by state or by when it changed.

Reads from and writes to memory; each change is put into `records`, if a journal asked for them, and from those the journal makes
the same orders again after a restart.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice

from paper_exchange.order import Execution, Order
from paper_exchange.records import Cancelled, Placed


class Orders:
    def __init__(self) -> None:
        self.all: list[Order] = []
        self.open: dict[int, Order] = {}
        self.by_client_order_id: dict[str, Order] = {}
        self._prefix = ""
        # One entry per change: when, which order, and that order's change before it (-1: none).
        self._changed_ns = array("q")
        self._changed_number = array("q")
        self._change_before = array("q")

    def name_after(self, prefix: str) -> None:
        self._prefix = f"{prefix}-O"

    def add(self, placed: Placed) -> Order:
        order = Order(
            placed.number,
            placed.client_order_id,
            f"{self._prefix}{placed.number}",
            placed.symbol,
            placed.side,
            placed.order_type,
            placed.price_e4,
            placed.num_shares,
            placed.at_ns,
            placed.at_ns,
        )
        self.all.append(order)
        self.open[order.number] = order
        self.by_client_order_id[order.client_order_id] = order
        self._changed(order, placed.at_ns)
        return order

    def fill(self, order: Order, execution: Execution, changed_ns: int) -> None:
        order.fill(execution)
        if order.state != "open":
            del self.open[order.number]
        self._changed(order, changed_ns)

    def cancel(self, cancelled: Cancelled) -> None:
        order = self.open.pop(cancelled.number)
        order.state = "cancelled"
        self._changed(order, cancelled.at_ns)

    def by_external_order_id(self, external_order_id: str) -> Order | None:
        text = external_order_id.removeprefix(self._prefix)
        if not (text.isascii() and text.isdecimal() and len(text) < 16) or text == external_order_id:
            return None
        number = int(text)
        known = 0 < number <= len(self.all) and self.all[number - 1].external_order_id == external_order_id
        return self.all[number - 1] if known else None

    def open_after(self, number: int, limit: int) -> Sequence[Order]:
        """Open orders by number, oldest first."""
        return list(islice((order for order in self.open.values() if order.number > number), limit))

    def changed_between(self, from_ns: int, to_ns: int, start: int, limit: int) -> tuple[Sequence[Order], int | None]:
        """Orders created or changed in [from, to), each once, by their first change in it; and where to go on, if there is more."""
        first = bisect_left(self._changed_ns, from_ns)
        end = bisect_left(self._changed_ns, to_ns)
        found: list[Order] = []
        for change in range(max(first, start), end):
            if self._change_before[change] >= first:
                continue
            if len(found) == limit:
                return found, change
            found.append(self.all[self._changed_number[change] - 1])
        return found, None

    def _changed(self, order: Order, at_ns: int) -> None:
        # The clock may be set back; the list of changes has to stay sorted.
        if self._changed_ns and at_ns < self._changed_ns[-1]:
            at_ns = self._changed_ns[-1]
        order.changed_ns = at_ns
        self._change_before.append(order.last_change)
        order.last_change = len(self._changed_ns)
        self._changed_ns.append(at_ns)
        self._changed_number.append(order.number)
