"""Trades that cannot be put into the bars yet, since some before them are missing. Pure."""

from collections import deque
from collections.abc import Sequence

from locksley.domain.price import Trade, Version


class WaitingTrades:
    """As the feed told them, batch by batch; of more than `trades_max` the oldest are let go."""

    def __init__(self, trades_max: int) -> None:
        self._trades_max = trades_max
        self._batches: deque[Sequence[Trade]] = deque()
        self.count = 0

    def add(self, trades: Sequence[Trade]) -> None:
        self._batches.append(trades)
        self.count += len(trades)
        while self.count > self._trades_max:
            self.take_first()

    @property
    def begin(self) -> Version | None:
        """None: nothing waits."""
        return self._batches[0][0].version if self._batches else None

    def take_first(self) -> Sequence[Trade]:
        trades = self._batches.popleft()
        self.count -= len(trades)
        return trades
