"""What the exchange needs of a market: who is listed, and what happens next.

A market is a source of quotes and prints in market time. It knows nothing of customers: the exchange keeps each `Quote` as resting
liquidity that customers trade against, and puts each `Print` (a trade among strangers) on the feed.
Prices are integers in ten-thousandths of a dollar (`_e4`); times are nanoseconds since 1970 UTC (`_ns`) of the market's own clock.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask of a symbol from this moment on; replaces the quote before. A size of 0 means that side is empty."""

    at_ns: int
    symbol: str
    bid_e4: int
    bid_size: int
    ask_e4: int
    ask_size: int


class Print(msgspec.Struct, frozen=True, gc=False):
    """A trade among strangers. `off_market`: not a price that anyone could have had; None leaves it to the exchange, by the quote."""

    at_ns: int
    symbol: str
    price_e4: int
    num_shares: int
    off_market: bool | None = None


class DayStart(msgspec.Struct, frozen=True, gc=False):
    """A trading day begins: open, high, low and volume start anew; each last price becomes the previous close."""

    at_ns: int


class Bar(msgspec.Struct, frozen=True, gc=False):
    """Back-history: what a symbol did in the interval that starts at `at_ns`."""

    at_ns: int
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int


class Listing(msgspec.Struct, frozen=True):
    """A symbol that trades here. `day_so_far`: of the day that the market begins in, what was before it began; None: nothing."""

    symbol: str
    name: str
    previous_close_e4: int
    day_so_far: Bar | None = None


class Hours(msgspec.Struct, frozen=True):
    """Whether the market trades at a moment, and the edges of the session that holds it, or else of the next one. None: never."""

    open: bool
    opens_at_ns: int | None
    closes_at_ns: int | None


Event = Quote | Print | DayStart


class Market(Protocol):
    """Events come in time order; the order within one instant is kept. The same seed or file gives the same events."""

    @property
    def listings(self) -> Sequence[Listing]: ...

    @property
    def starts_at_ns(self) -> int:
        """Market time of the first event: what a replay's clock starts from."""
        ...

    def began(self, at_ns: int) -> None:
        """An earlier run made it begin at this moment: what it knows from before, `bars` and `listings`, is from before then.

        Called at most once, before `resume`.
        """
        ...

    def resume(self, last_prices_e4: Mapping[str, int], at_ns: int) -> None:
        """Go on from where an earlier run stopped. Called at most once, before the first `advance`."""
        ...

    def advance(self, until_ns: int, limit: int) -> Sequence[Event]:
        """The next events with `at_ns <= until_ns`, at most `limit` of them; empty when there is none yet."""
        ...

    @property
    def next_at_ns(self) -> int | None:
        """When the next event is due; None when the market has ended (a replay that runs once)."""
        ...

    def hours(self, at_ns: int) -> Hours: ...

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        """What the market knows from before it began here; an unknown symbol has none. A daily bar starts at midnight UTC of its date."""
        ...
