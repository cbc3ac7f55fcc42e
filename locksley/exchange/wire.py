"""The exchange's JSON, as structs, and what it means here. Raises `msgspec.DecodeError` or `ValueError` where it makes no sense."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from locksley.clock import rfc3339
from locksley.domain.bar import Bar, Size
from locksley.domain.events import Execution
from locksley.domain.market_day import HOUR_MS, market_day
from locksley.domain.order import OrderType, Side
from locksley.domain.price import Trade
from locksley.exchange.port import (
    AsOf,
    Cancellation,
    MarketStatus,
    NewOrder,
    Placement,
    State,
    SymbolDay,
    VenueOrder,
)

INTERVALS = {Size.SECOND: "1s", Size.MINUTE: "1m", Size.HOUR: "1h", Size.DAY: "1d"}
_UNIT_MS = {Size.SECOND: 1_000, Size.MINUTE: 60_000, Size.HOUR: HOUR_MS}
_DAY_MS = 24 * HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SHAPE_CHARS = len("2026-11-22T15:04:05.123456Z")


class WireAsOf(msgspec.Struct, frozen=True):
    epoch: int
    sequence: int
    now: str

    @property
    def as_of(self) -> AsOf:
        return AsOf(self.epoch, self.sequence, ms_of(self.now))


class WireExecution(msgspec.Struct, frozen=True, rename="camel", gc=False):
    trade_id: str
    epoch: int
    sequence: int
    price_e4: int
    num_shares: int
    timestamp: str

    def execution(self) -> Execution:
        return Execution(
            self.trade_id, self.epoch, self.sequence, self.price_e4, self.num_shares, ms_of(self.timestamp)
        )


class WireOrder(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """An item of every list of orders. `result` and `reason` only after a placement or a cancel; a refusal has no order."""

    client_order_id: str | None = None
    external_order_id: str | None = None
    result: Literal["accepted", "refused", "cancelled", "already_closed", "unknown"] | None = None
    reason: str | None = None
    state: State = State.UNKNOWN
    symbol: str = ""
    side: Side | None = None
    type: OrderType | None = None
    price_e4: int = 0
    num_shares: int = 0
    filled_shares: int = 0
    executions: Sequence[WireExecution] = ()

    def order(self) -> VenueOrder:
        if self.state is not State.UNKNOWN and not (self.external_order_id and self.client_order_id):
            raise ValueError("an order without its ids")
        return VenueOrder(
            client_order_id=self.client_order_id or "",
            state=self.state,
            external_order_id=self.external_order_id,
            num_shares=self.num_shares,
            filled_shares=self.filled_shares,
            executions=tuple([execution.execution() for execution in self.executions]),
            symbol=self.symbol,
            side=self.side,
            type=self.type,
            price_e4=self.price_e4,
        )

    def placement(self) -> Placement:
        if self.result == "refused":
            return Placement(self.client_order_id or "", None, self.reason or "refused")
        if self.result != "accepted" or self.state is State.UNKNOWN:
            raise ValueError(f"a placement that is {self.result} and {self.state}")
        return Placement(self.client_order_id or "", self.order())

    def cancellation(self) -> Cancellation:
        external_order_id = self.external_order_id or ""
        if self.result == "unknown":
            return Cancellation(external_order_id, None)
        if self.result not in {"cancelled", "already_closed"} or self.state in {State.OPEN, State.UNKNOWN}:
            raise ValueError(f"a cancel that is {self.result} and {self.state}")
        return Cancellation(external_order_id, self.order())


class WireOrders(WireAsOf, frozen=True):
    items: list[WireOrder]
    next: str | None = None


class WireSymbol(msgspec.Struct, frozen=True, rename="camel", gc=False):
    symbol: str
    name: str
    previous_close_e4: int
    day_open_e4: int | None
    day_high_e4: int | None
    day_low_e4: int | None
    day_volume: int
    last_price_e4: int | None
    epoch: int
    sequence: int
    timestamp: str | None

    def day(self) -> SymbolDay:
        return SymbolDay(
            symbol=self.symbol,
            name=self.name,
            previous_close_e4=self.previous_close_e4,
            last_price_e4=self.last_price_e4,
            sequence=self.sequence,
            day_open_e4=self.day_open_e4,
            day_high_e4=self.day_high_e4,
            day_low_e4=self.day_low_e4,
            day_volume=self.day_volume,
            timestamp_ms=optional_ms_of(self.timestamp),
            epoch=self.epoch,
        )


class WireSymbols(WireAsOf, frozen=True):
    items: list[WireSymbol]
    next: str | None = None


class WireStatus(WireAsOf, frozen=True, rename="camel"):
    open: bool
    opens_at: str | None
    closes_at: str | None

    def status(self) -> MarketStatus:
        as_of = self.as_of
        return MarketStatus(
            self.open, optional_ms_of(self.opens_at), optional_ms_of(self.closes_at), as_of.now_ms, as_of
        )


class WireTrade(msgspec.Struct, frozen=True, rename="camel", gc=False):
    sequence: int
    trade_id: str
    symbol: str
    price_e4: int
    num_shares: int
    timestamp: str
    sent_at: str
    order_ids: tuple[str, ...] = ()
    off_market: bool = False


class WireTrades(WireAsOf, frozen=True):
    items: list[WireTrade]


class WireBar(msgspec.Struct, frozen=True, rename="camel", gc=False):
    time: str
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int

    def bar(self, size: Size) -> Bar:
        if not 0 < self.low_e4 <= self.high_e4 or self.volume < 0:
            raise ValueError("a bar that can not be")
        at_ms = ms_of(self.time)
        at = _day_named(at_ms) if size is Size.DAY else at_ms // _UNIT_MS[size]
        return Bar(at, self.open_e4, self.high_e4, self.low_e4, self.close_e4, self.volume)


class WireBars(WireAsOf, frozen=True):
    items: list[WireBar]


class WireGone(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a 410."""

    oldest_epoch: int
    oldest_sequence: int


class WireFeedStart(msgspec.Struct, frozen=True):
    epoch: int
    next: int


class _WireNewOrder(msgspec.Struct, frozen=True, rename="camel", gc=False):
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    price_e4: int
    num_shares: int
    not_after: str


class _WireCancel(msgspec.Struct, frozen=True, rename="camel", gc=False):
    external_order_id: str


def new_orders_body(orders: Sequence[NewOrder]) -> bytes:
    return msgspec.json.encode(
        [
            _WireNewOrder(
                o.client_order_id, o.symbol, o.side, o.type, o.price_e4, o.num_shares, rfc3339(o.not_after_ms)
            )
            for o in orders
        ]
    )


def cancels_body(external_order_ids: Sequence[str]) -> bytes:
    return msgspec.json.encode([_WireCancel(external_order_id) for external_order_id in external_order_ids])


def trades_of(epoch: int, trades: Sequence[WireTrade]) -> list[Trade]:
    return [
        Trade(
            epoch,
            t.sequence,
            t.trade_id,
            t.symbol,
            t.price_e4,
            t.num_shares,
            ms_of(t.timestamp),
            ms_of(t.sent_at),
            t.order_ids,
            t.off_market,
        )
        for t in trades
    ]


@lru_cache(maxsize=1_024)
def ms_of(text: str) -> int:
    """Milliseconds since 1970 UTC of an RFC 3339 time; what is finer is cut off. Half of a tape's times are those of the trade before."""
    if len(text) == _SHAPE_CHARS and text[-1] == "Z" and text[19] == ".":
        return _second_ms(text[:19]) + int(text[20:23])
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r:.60} has no offset")
    return (moment - _EPOCH) // _MILLISECOND


def _day_named(at_ms: int) -> int:
    """The market day of a daily bar: midnight UTC stands for the date that it writes, another moment for the day that it is in."""
    return _EPOCH.toordinal() + at_ms // _DAY_MS if at_ms % _DAY_MS == 0 else market_day(at_ms)


def optional_ms_of(text: str | None) -> int | None:
    return None if text is None else ms_of(text)


@lru_cache(maxsize=256)
def _second_ms(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
