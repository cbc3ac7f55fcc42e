"""Trades on the feed that may be ours though the index does not know their order yet: the answer is still on its way.

An optimisation, bounded in number and age: whatever is forgotten here is learnt again from the next answer or lookup.
"""

from collections import OrderedDict
from collections.abc import Sequence

from locksley.clock import Clock
from locksley.domain.events import Execution


class Unmatched:
    def __init__(self, clock: Clock, trades_max: int, kept_ms: int) -> None:
        self._clock = clock
        self._trades_max = trades_max
        self._kept_ms = kept_ms
        self._trades = 0
        self._by_order: OrderedDict[str, tuple[int, list[Execution]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_order)

    def keep(self, external_order_id: str, execution: Execution) -> None:
        now_ms = self._clock.monotonic_ms()
        self._trades += 1
        kept = self._by_order.get(external_order_id)
        if kept is not None:
            kept[1].append(execution)
        else:
            self._by_order[external_order_id] = (now_ms, [execution])
        self._forget(now_ms)

    def take(self, external_order_id: str) -> Sequence[Execution]:
        kept = self._by_order.pop(external_order_id, None)
        if kept is None:
            return ()
        self._trades -= len(kept[1])
        return kept[1]

    def _forget(self, now_ms: int) -> None:
        while self._by_order:
            oldest, (since_ms, trades) = next(iter(self._by_order.items()))
            if self._trades <= self._trades_max and now_ms - since_ms <= self._kept_ms:
                return
            self._trades -= len(trades)
            del self._by_order[oldest]
