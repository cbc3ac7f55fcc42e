"""The newest trades of every symbol, in memory until they are kept. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from locksley.domain.price import Trade


class OpenTicks:
    def __init__(self) -> None:
        # By symbol: at_ms, price_e4, shares (negative: off the market), at_ms, and so on. Nothing is made of a trade but three numbers.
        self._flat: defaultdict[str, list[int]] = defaultdict(list)
        self.newest_ms = 0
        self.count = 0

    def take(self, trades: Sequence[Trade]) -> None:
        """At least one, in the feed's order."""
        flat = self._flat
        for trade in trades:
            shares = -trade.num_shares if trade.off_market else trade.num_shares
            flat[trade.symbol] += (trade.timestamp_ms, trade.price_e4, shares)
        self.count += len(trades)
        # The market's time goes with the feed's sequence; that of a late trade does not set it back.
        self.newest_ms = max(self.newest_ms, trades[-1].timestamp_ms)

    def of(self, symbol: str) -> Sequence[int]:
        return self._flat.get(symbol, ())

    def by_symbol(self) -> Iterator[tuple[str, Sequence[int]]]:
        """As it is asked for: there can be much of it."""
        return iter(self._flat.items())
