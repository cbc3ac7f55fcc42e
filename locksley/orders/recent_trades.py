"""The newest trades of the feed, for an answer of the exchange that the feed has overtaken.

An answer has every execution up to the position as of which it holds. What the feed brought after that position, before the order's
external id was learnt, was nobody's then: here it is found again. An optimisation, bounded in number: what is forgotten here is learnt
from the next lookup.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from locksley.domain.events import Execution
from locksley.domain.price import Trade
from locksley.exchange.port import AsOf
from locksley.orders.evidence import execution_of


class RecentTrades:
    """Keeps the newest `trades_max`, and the rest of the batch that has the last of them. To keep one costs nothing: most answers are
    ahead of the feed, and most trades nobody's here."""

    def __init__(self, trades_max: int) -> None:
        self._trades_max = trades_max
        self._batches: deque[Sequence[Trade]] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, trades: Sequence[Trade]) -> None:
        """In the feed's order, after all that was added before."""
        if not trades:
            return
        self._batches.append(trades)
        self._count += len(trades)
        while self._count - len(self._batches[0]) >= self._trades_max:
            self._count -= len(self._batches.popleft())

    def after(self, as_of: AsOf, external_order_ids: Collection[str]) -> Mapping[str, Sequence[Execution]]:
        """The executions of these orders that are newer than `as_of`, in the order in which they came."""
        position = (as_of.epoch, as_of.sequence)
        newer: list[Sequence[Trade]] = []
        for trades in reversed(self._batches):
            if trades[-1].version <= position:
                break
            newer.append(trades)
        found: dict[str, list[Execution]] = {}
        for trades in reversed(newer):
            for trade in trades:
                for external_order_id in trade.order_ids:
                    if external_order_id in external_order_ids and trade.version > position:
                        found.setdefault(external_order_id, []).append(execution_of(trade))
        return found
