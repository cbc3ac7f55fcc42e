"""What Locksley sees of an exchange, and all it sees.

Order entry is request and response over few, dear connections; every answer says as of which feed position it holds. The trade feed
is every trade on the exchange in sequence, resumable. Two failures, told apart because they mean different things:
`Unreachable` (the request surely never left) and `OutcomeUnknown` (it may have been done, or may yet be).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

import msgspec

from locksley.domain.bar import Bar, Size
from locksley.domain.events import Execution
from locksley.domain.order import OrderType, Side
from locksley.domain.price import Trade


class ExchangeError(Exception):
    """The exchange did not answer well."""


class Unreachable(ExchangeError):
    """The request surely never reached the exchange: no connection could be made."""


class OutcomeUnknown(ExchangeError):
    """The request may have been done, or may yet be: a timeout, a broken connection, a 5xx, an answer that makes no sense."""


# History that answers, and yet lacks the trades asked for, so often in a row, does not have them.
HISTORY_WITHOUT_MAX = 5


class HistoryGone(ExchangeError):
    """The feed's history does not go back that far. `oldest_sequence` is the first it still has."""

    def __init__(self, oldest_sequence: int, epoch: int) -> None:
        super().__init__(f"history starts at {oldest_sequence} of epoch {epoch}")
        self.oldest_sequence = oldest_sequence
        self.epoch = epoch


class AsOf(msgspec.Struct, frozen=True):
    """The feed position that an answer includes, and the exchange's clock when it was given (milliseconds since 1970 UTC)."""

    epoch: int
    sequence: int
    now_ms: int


class NewOrder(msgspec.Struct, frozen=True):
    """An order as the exchange takes it; a market order's `price_e4` is the worst price that it may trade at."""

    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    price_e4: int
    num_shares: int
    not_after_ms: int


class State(StrEnum):
    """Of an order at the exchange. UNKNOWN: it has never had it (or has lost its memory)."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class VenueOrder(msgspec.Struct, frozen=True):
    """An order as the exchange sees it. `executions` are all of them; of an UNKNOWN one only `client_order_id` has a meaning."""

    client_order_id: str
    state: State
    external_order_id: str | None = None
    num_shares: int = 0
    filled_shares: int = 0
    executions: Sequence[Execution] = ()
    symbol: str = ""
    side: Side | None = None
    type: OrderType | None = None
    price_e4: int = 0


class Placement(msgspec.Struct, frozen=True):
    """The answer to one order of a batch. Refused: `refusal` says why, and there is no order."""

    client_order_id: str
    order: VenueOrder | None
    refusal: str | None = None


class Cancellation(msgspec.Struct, frozen=True):
    """The answer to one cancel of a batch. `order` is None when the exchange does not know it."""

    external_order_id: str
    order: VenueOrder | None


class Placements(msgspec.Struct, frozen=True):
    as_of: AsOf
    items: Sequence[Placement]


class Cancellations(msgspec.Struct, frozen=True):
    as_of: AsOf
    items: Sequence[Cancellation]


class VenueOrders(msgspec.Struct, frozen=True):
    as_of: AsOf
    items: Sequence[VenueOrder]
    next: str | None = None


class SymbolDay(msgspec.Struct, frozen=True):
    """A listed symbol and its day so far. (`epoch`, `sequence`) is the last price's; day figures are None before the first trade."""

    symbol: str
    name: str
    previous_close_e4: int
    last_price_e4: int | None
    sequence: int
    day_open_e4: int | None
    day_high_e4: int | None
    day_low_e4: int | None
    day_volume: int
    timestamp_ms: int | None = None
    epoch: int = 0


class SymbolDays(msgspec.Struct, frozen=True):
    as_of: AsOf
    items: Sequence[SymbolDay]
    next: str | None = None


class MarketStatus(msgspec.Struct, frozen=True):
    open: bool
    opens_at_ms: int | None
    closes_at_ms: int | None
    now_ms: int
    as_of: AsOf | None = None


class OrderEntry(Protocol):
    """Every call is bounded in time and raises `Unreachable` or `OutcomeUnknown` when it has no good answer."""

    async def place(self, orders: Sequence[NewOrder]) -> Placements:
        """Answers come in the order sent. A `client_order_id` seen before places nothing and gets the order as it stands."""
        ...

    async def cancel(self, external_order_ids: Sequence[str]) -> Cancellations: ...

    async def look_up(self, client_order_ids: Sequence[str]) -> VenueOrders:
        """Up to 100 of them; those that the exchange never had come as `State.UNKNOWN`."""
        ...

    async def changed_orders(self, from_ms: int, to_ms: int, cursor: str | None = None) -> VenueOrders:
        """A page of the orders created or changed in the period."""
        ...


class MarketData(Protocol):
    async def symbols(self, cursor: str | None = None) -> SymbolDays: ...

    async def status(self) -> MarketStatus: ...

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        """History, `after < sequence <= until`, up to 10,000 in order; `HistoryGone` when it does not go back that far."""
        ...

    async def bars(self, symbol: str, from_ms: int, to_ms: int, size: Size) -> Sequence[Bar]:
        """What the symbol did before the exchange began here: bars that start in the period, in time order, 10,000 at most."""
        ...


class FeedLine(msgspec.Struct, frozen=True):
    """What one line of the feed brought; no trades: a heartbeat."""

    epoch: int
    trades: Sequence[Trade]


class FeedStart(msgspec.Struct, frozen=True):
    """The first line: the exchange's epoch, and the sequence that this stream gives next."""

    epoch: int
    next_sequence: int


class Feed(Protocol):
    def open(self, epoch: int, after: int) -> AbstractAsyncContextManager[tuple[FeedStart, AsyncIterator[FeedLine]]]:
        """One stream of every trade from `after` on; an old `epoch` starts at 1 of the new one. Leaving the context closes it.

        A second stream of the same client closes the first at the exchange. Raises `ExchangeError` when it breaks.
        `HistoryGone` when `after` is older than what is kept.
        """
        ...
