"""Which market to show: the command line's choice, checked before trading starts."""

from collections.abc import Sequence
from pathlib import Path

from paper_exchange.market.companies import LISTED_MAX, Company, companies
from paper_exchange.market.errors import MarketError
from paper_exchange.market.made_up import TRADES_PER_SECOND, TRADES_PER_SECOND_MAX, MadeUpMarket
from paper_exchange.market.port import Market
from paper_exchange.market.symbol_file import companies_of_file

__all__ = ["MarketError", "market_from_options"]

COMPANIES_UNLESS_TOLD = 500


def market_from_options(
    *,
    replay: Sequence[Path],
    quotes: Sequence[Path],
    bars: Path | None,
    once: bool,
    symbols: str | None,
    seed: int,
    trades_per_second: float | None,
    now_ns: int,
) -> Market:
    """The market that the options ask for; `MarketError` where they contradict each other or a file cannot be used."""
    if replay or quotes or bars:
        raise MarketError("recorded tapes and daily bars cannot be shown yet; leave --replay, --quotes and --bars out")
    del once
    return MadeUpMarket(_listed(symbols), seed, _rate(trades_per_second), now_ns)


def _listed(symbols: str | None) -> list[Company]:
    if symbols is None:
        return companies(COMPANIES_UNLESS_TOLD)
    if not symbols.lstrip("-").isdecimal():
        return companies_of_file(Path(symbols))
    if not 1 <= int(symbols) <= LISTED_MAX:
        raise MarketError(
            f"--symbols {symbols}: out of range; give 1 to {LISTED_MAX}, or a CSV file with symbol and name"
        )
    return companies(int(symbols))


def _rate(trades_per_second: float | None) -> float:
    rate = TRADES_PER_SECOND if trades_per_second is None else trades_per_second
    if not 0 < rate <= TRADES_PER_SECOND_MAX:
        raise MarketError(
            f"--trades-per-second {rate}: out of range; give more than 0, at most {TRADES_PER_SECOND_MAX:.0f}"
        )
    return rate
