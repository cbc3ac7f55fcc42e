"""Quotes made from trades, for tapes that come without: so that customers find somebody to trade with."""

from collections.abc import Iterable, Iterator

from paper_exchange.market.port import Print, Quote

CENT_E4 = 100
HALF_SPREAD_PART = 5_000
SHARES_SHOWN = 1_000
JUMP_PART = 10


class DerivedQuotes:
    """Before each trade, at its instant, a quote around its price: a cent to each side, or 0.02 % where that is more.

    A trade more than a tenth away from the quote moves it only when the next trade of the symbol is near it too: one bad print is no
    price to trade at. Under a dollar the cent is a ten-thousandth.
    """

    def __init__(self) -> None:
        self._middle_e4: dict[str, int] = {}
        self._doubted_e4: dict[str, int] = {}

    def around(self, rows: Iterable[Print | Quote]) -> Iterator[Print | Quote]:
        for row in rows:
            if isinstance(row, Print):
                yield self._quote(row)
            yield row

    def _quote(self, trade: Print) -> Quote:
        if self._believes(trade):
            self._middle_e4[trade.symbol] = trade.price_e4
        return quote_around(trade.at_ns, trade.symbol, self._middle_e4[trade.symbol])

    def _believes(self, trade: Print) -> bool:
        symbol, price_e4 = trade.symbol, trade.price_e4
        middle_e4, doubted_e4 = self._middle_e4.get(symbol), self._doubted_e4.pop(symbol, None)
        if middle_e4 is None or _near(price_e4, middle_e4) or (doubted_e4 is not None and _near(price_e4, doubted_e4)):
            return True
        self._doubted_e4[symbol] = price_e4
        return False


def quote_around(at_ns: int, symbol: str, middle_e4: int) -> Quote:
    tick_e4 = CENT_E4 if middle_e4 >= 10_000 else 1
    away_e4 = max(tick_e4, middle_e4 // HALF_SPREAD_PART // tick_e4 * tick_e4)
    bid_e4 = (middle_e4 - away_e4) // tick_e4 * tick_e4
    ask_e4 = -(-(middle_e4 + away_e4) // tick_e4) * tick_e4
    return Quote(at_ns, symbol, bid_e4, SHARES_SHOWN if bid_e4 > 0 else 0, ask_e4, SHARES_SHOWN)


def _near(price_e4: int, other_e4: int) -> bool:
    return abs(price_e4 - other_e4) * JUMP_PART <= other_e4
