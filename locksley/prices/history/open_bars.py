"""The newest seconds of every symbol, in memory until they are kept. Pure.

Trades come in the feed's order, so that a second's first trade is its open and its last its close.
"""

from collections.abc import Iterator, Mapping, Sequence

from locksley.domain.bar import Bar
from locksley.domain.price import Trade

# open, high, low, close, volume; a price of 0 is none
Figures = list[int]


class OpenBars:
    def __init__(self) -> None:
        self._seconds: dict[str, dict[int, Figures]] = {}
        self.newest_ms = 0
        self.count = 0

    def take(self, trades: Sequence[Trade]) -> None:
        """At least one."""
        seconds = self._seconds
        for trade in trades:
            at_ms, price_e4 = trade.timestamp_ms, trade.price_e4
            of_symbol = seconds.get(trade.symbol)
            if of_symbol is None:
                of_symbol = seconds[trade.symbol] = {}
            figures = of_symbol.get(at_ms // 1000)
            if figures is None:
                self.count += 1
                price_e4 = 0 if trade.off_market else price_e4
                of_symbol[at_ms // 1000] = [price_e4, price_e4, price_e4, price_e4, trade.num_shares]
                continue
            figures[4] += trade.num_shares
            if not trade.off_market:
                _move(figures, price_e4)
        # The market's time goes with the feed's sequence; that of a late trade does not set it back.
        self.newest_ms = max(self.newest_ms, at_ms)

    def of(self, symbol: str) -> list[Bar]:
        """By the second, in time order."""
        return _bars(self._seconds.get(symbol, {}))

    def by_symbol(self) -> Iterator[tuple[str, Sequence[Bar]]]:
        """As it is asked for: there can be much of it."""
        return ((symbol, _bars(seconds)) for symbol, seconds in self._seconds.items())


def _move(figures: Figures, price_e4: int) -> None:
    if not figures[0]:
        figures[0:4] = [price_e4] * 4
        return
    if price_e4 > figures[1]:
        figures[1] = price_e4
    elif price_e4 < figures[2]:
        figures[2] = price_e4
    figures[3] = price_e4


def _bars(seconds: Mapping[int, Figures]) -> list[Bar]:
    return [Bar(at, *seconds[at]) for at in sorted(seconds)]
