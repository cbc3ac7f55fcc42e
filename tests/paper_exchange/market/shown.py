"""What a market shows when it is run, and a market made with what is usual."""

from collections.abc import Sequence
from pathlib import Path

from paper_exchange.market.choose import market_from_options
from paper_exchange.market.port import Event, Market, Print

NOW_NS = 1_790_000_000_123_456_789
END_NS = 2**63 - 1


def market_of(
    *,
    replay: Sequence[Path] = (),
    quotes: Sequence[Path] = (),
    bars: Path | None = None,
    once: bool = False,
    symbols: str | None = None,
    seed: int = 1,
    trades_per_second: float | None = None,
    now_ns: int = NOW_NS,
) -> Market:
    return market_from_options(
        replay=replay,
        quotes=quotes,
        bars=bars,
        once=once,
        symbols=symbols,
        seed=seed,
        trades_per_second=trades_per_second,
        now_ns=now_ns,
    )


def prints(events: Sequence[Event]) -> list[Print]:
    return [event for event in events if isinstance(event, Print)]


def all_of(market: Market) -> list[Event]:
    """Every event of a market that ends."""
    events: list[Event] = []
    while market.next_at_ns is not None:
        events += market.advance(END_NS, 10_000)
    return events
