"""The newest trades of the feed, for an answer of the exchange that the feed has overtaken.

What the feed brought of an order before its external id was learnt was nobody's then: here it is found again, from where the feed was when
the exchange was asked. That the answer has it too, as the exchange promises, is not relied on. An optimisation, bounded in number: what is
forgotten here is learnt from the next lookup.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from locksley.domain.events import Execution
from locksley.domain.price import Trade, Version
from locksley.orders.evidence import execution_of


class RecentTrades:
    """Keeps the newest `trades_max`, and the rest of the batch that has the last of them. To keep one costs nothing, and few come while
    an answer is on its way."""

    def __init__(self, trades_max: int) -> None:
        self._trades_max = trades_max
        self._batches: deque[Sequence[Trade]] = deque()
        self._count = 0

    @property
    def position(self) -> Version:
        """Of the newest."""
        return self._batches[-1][-1].version if self._batches else Version(0, 0)

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

    def after(self, position: Version, external_order_ids: Collection[str]) -> Mapping[str, Sequence[Execution]]:
        """The executions of these orders that are newer than `position`, in the order in which they came."""
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
