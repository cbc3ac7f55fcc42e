"""The newest trades, in memory until they are kept. Pure.

A trade is taken while the processor's caches still have it; to look up its symbol's place for each by itself would cost more than all else.
So trades are put down one after the other, and sorted by symbol thousands at a time. `docs/decisions/0007-bars.md` has the figures.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

from locksley.domain.price import Trade
from locksley.domain.ticks import TICK


class OpenTicks:
    def __init__(self) -> None:
        # As `TICK`s: nothing is made of a trade but 24 bytes, which go to the store as they are.
        self._symbols: list[str] = []
        self._ticks: list[bytes] = []  # of these symbols
        self._sorted: defaultdict[str, bytearray] = defaultdict(bytearray)
        self.newest_ms = 0
        self.count = 0

    def take(self, trades: Sequence[Trade]) -> None:
        """At least one, in the feed's order."""
        pack = TICK.pack
        # First what may be refused, as a number of more than 64 bits.
        ticks = [
            pack(trade.timestamp_ms, trade.price_e4, -trade.num_shares if trade.off_market else trade.num_shares)
            for trade in trades
        ]
        self._ticks += ticks
        self._symbols += [trade.symbol for trade in trades]
        self.count += len(trades)
        # A late trade does not set the market's time back.
        self.newest_ms = max(self.newest_ms, *[trade.timestamp_ms for trade in trades])

    @property
    def unsorted_count(self) -> int:
        return len(self._ticks)

    def sort(self, trades_max: int = sys.maxsize) -> bool:
        """By symbol, the oldest first. Whether there were any."""
        symbols, ticks = self._symbols[:trades_max], self._ticks[:trades_max]
        del self._symbols[:trades_max], self._ticks[:trades_max]
        of_symbol = self._sorted
        for symbol, tick in zip(symbols, ticks, strict=True):
            of_symbol[symbol] += tick
        return bool(ticks)

    def of(self, symbol: str) -> bytes | bytearray:
        self.sort()
        return self._sorted.get(symbol, b"")

    def by_symbol(self) -> Iterator[tuple[str, bytearray]]:
        """Sorted when this is called, not when it is gone through, which another thread may do."""
        self.sort()
        return iter(self._sorted.items())
