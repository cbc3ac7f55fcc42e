"""Trades on the feed that may be ours though the index does not know their order yet: the answer is still on its way.

An optimisation, bounded in number and age: whatever is forgotten here is learnt again from the next answer or lookup.
"""

from collections.abc import Iterable, Sequence

from locksley.clock import Clock
from locksley.domain.events import Execution
from locksley.domain.price import Trade
from locksley.orders.evidence import execution_of


class Unmatched:
    """Keeps at most `trades_max`, each for `kept_ms` at most: in two halves, of which the older is forgotten whole. That costs nothing
    a trade, and most trades are nobody's here."""

    def __init__(self, clock: Clock, trades_max: int, kept_ms: int) -> None:
        self._clock = clock
        self._half_max = trades_max // 2
        self._half_ms = kept_ms // 2
        self._newer: dict[str, list[Trade]] = {}
        self._older: dict[str, list[Trade]] = {}
        self._newer_trades = 0
        self._newer_since_ms = 0

    def __len__(self) -> int:
        return len(self._newer.keys() | self._older.keys())

    def keep(self, sides: Iterable[tuple[Trade, str]]) -> None:
        """Trades, each with the external id of the order of one of its sides."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._newer_since_ms >= self._half_ms:
            self._turn(now_ms)
        for trade, external_order_id in sides:
            if self._newer_trades >= self._half_max:
                self._turn(now_ms)
            self._newer_trades += 1
            kept = self._newer.get(external_order_id)
            if kept is None:
                self._newer[external_order_id] = [trade]
            else:
                kept.append(trade)

    def take(self, external_order_id: str) -> Sequence[Execution]:
        """In the order in which they came."""
        trades = [*self._older.pop(external_order_id, ()), *self._newer.pop(external_order_id, ())]
        return [execution_of(trade) for trade in trades]

    def _turn(self, now_ms: int) -> None:
        self._older, self._newer = self._newer, {}
        self._newer_trades = 0
        self._newer_since_ms = now_ms
