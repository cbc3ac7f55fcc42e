"""Trades, summaries and prices for tests, with only what matters said."""

from collections.abc import Sequence

from locksley.domain.price import Price, Trade
from locksley.exchange.port import AsOf, SymbolDay, SymbolDays

# 2026-11-20 (a Friday), 10:00 in New York.
FRIDAY_MS = 1_795_186_800_000
DAY_MS = 86_400_000


def trade(
    sequence: int,
    price_e4: int = 5_010_000,
    shares: int = 100,
    *,
    symbol: str = "META",
    at_ms: int = FRIDAY_MS,
    off_market: bool = False,
    epoch: int = 1,
) -> Trade:
    return Trade(epoch, sequence, f"T{epoch}-{sequence}", symbol, price_e4, shares, at_ms, at_ms, (), off_market)


def summary(symbol: str = "META", previous_close_e4: int = 5_000_000) -> SymbolDay:
    """A symbol that has not traded yet."""
    return SymbolDay(symbol, f"{symbol} Inc.", previous_close_e4, None, 0, None, None, None, 0)


def traded_summary(sequence: int, price_e4: int, volume: int, *, epoch: int = 1, at_ms: int = FRIDAY_MS) -> SymbolDay:
    return SymbolDay(
        "META", "META Inc.", 5_000_000, price_e4, sequence, price_e4, price_e4, price_e4, volume, at_ms, epoch
    )


def page(*items: SymbolDay, sequence: int = 0, epoch: int = 1, following: str | None = None) -> SymbolDays:
    return SymbolDays(AsOf(epoch, sequence, FRIDAY_MS), list(items), following)


def price(symbol: str, sequence: int, *, epoch: int = 1, shares: int = 100, volume: int = 0) -> Price:
    return Price(
        symbol, symbol, 10_000 * sequence, 10_000, None, None, None, volume, epoch, sequence, FRIDAY_MS, shares
    )


def figures(price: Price) -> Sequence[int | None]:
    """(last, previous close, open, high, low, volume, sequence)."""
    return (
        price.price_e4,
        price.previous_close_e4,
        price.day_open_e4,
        price.day_high_e4,
        price.day_low_e4,
        price.day_volume,
        price.sequence,
    )
