"""Which market to show: the command line's choice, checked before trading starts."""

from collections.abc import Sequence
from pathlib import Path

from paper_exchange.market.companies import LISTED_MAX, Company, companies
from paper_exchange.market.daily_bars import DailyBars
from paper_exchange.market.errors import MarketError
from paper_exchange.market.made_up import TRADES_PER_SECOND, TRADES_PER_SECOND_MAX, MadeUpMarket
from paper_exchange.market.port import Market
from paper_exchange.market.recorded import Tapes
from paper_exchange.market.replay import Replay
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
    replays = bool(replay or quotes or bars)
    _refuse(bool(replay and bars), "--replay and --bars exclude each other", "give one of them")
    _refuse(bool(quotes and not replay), "--quotes are quotes of recorded trades", "give the trades with --replay")
    _refuse(
        once and not replays,
        "--once is for recordings, and the made-up market never ends",
        "give --replay or --bars, or leave it out",
    )
    _refuse(symbols is not None and replays, "a recording has its own symbols", "leave --symbols out")
    _refuse(trades_per_second is not None and replays, "a recording has its own pace", "leave --trades-per-second out")
    if replay:
        return Replay(Tapes(replay, quotes, once), once)
    if bars:
        return Replay(DailyBars(bars, seed, once), once)
    return MadeUpMarket(_listed(symbols), seed, _rate(trades_per_second), now_ns)


def _refuse(wrong: bool, reason: str, remedy: str) -> None:
    if wrong:
        raise MarketError(f"{reason}; {remedy}")


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
