"""The newest trades of every symbol, in memory until they are kept. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from locksley.domain.price import Trade
from locksley.domain.ticks import TICK


class OpenTicks:
    def __init__(self) -> None:
        # By symbol, as `TICK`s: nothing is made of a trade but 24 bytes, which go to the store as they are.
        self._packed: defaultdict[str, bytearray] = defaultdict(bytearray)
        self.newest_ms = 0
        self.count = 0

    def take(self, trades: Sequence[Trade]) -> None:
        """At least one, in the feed's order."""
        packed, pack, newest_ms = self._packed, TICK.pack, self.newest_ms
        for trade in trades:
            at_ms = trade.timestamp_ms
            shares = -trade.num_shares if trade.off_market else trade.num_shares
            packed[trade.symbol] += pack(at_ms, trade.price_e4, shares)
            if at_ms > newest_ms:  # noqa: PLR1730  (max would be a call for each trade)
                newest_ms = at_ms
        self.count += len(trades)
        self.newest_ms = newest_ms  # a late trade does not set the market's time back

    def of(self, symbol: str) -> bytes | bytearray:
        return self._packed.get(symbol, b"")

    def by_symbol(self) -> Iterator[tuple[str, bytearray]]:
        return iter(self._packed.items())
