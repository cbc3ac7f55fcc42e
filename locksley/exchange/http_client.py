"""Order entry and market data over HTTP: a port's call is one request over one of the few connections.

Reads from and writes to the exchange; keeps nothing. If it dies halfway, the outcome is unknown and clean-up asks by client order id.

What is definitive: only an item of a whole, matching 200 answer. A 4xx for a batch says that the exchange did not read the request, or that
something between did not pass it on; it says nothing of any one order, so it too is `OutcomeUnknown`: clean-up finds that the exchange
never had the orders and closes them when it can no longer take them.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from urllib.parse import quote

import msgspec

from locksley.clock import rfc3339
from locksley.domain.bar import Bar, Size
from locksley.domain.price import Trade
from locksley.exchange import wire
from locksley.exchange.connections import Answer, Query
from locksley.exchange.port import (
    Cancellations,
    HistoryGone,
    MarketStatus,
    NewOrder,
    OutcomeUnknown,
    Placements,
    SymbolDays,
    VenueOrders,
)

T = TypeVar("T")

LOOK_UPS_MAX = 100
_EXCERPT_BYTES = 200


class Calls(Protocol):
    """One request to the exchange and its answer; see `Connections.call`."""

    async def call(self, method: str, path: str, query: Query = (), body: bytes | None = None) -> Answer: ...


class HttpExchange:
    """`OrderEntry` and `MarketData` of the exchange that `connections` lead to."""

    def __init__(self, connections: Calls) -> None:
        self._connections = connections

    async def place(self, orders: Sequence[NewOrder]) -> Placements:
        answer = await self._post("/orders", wire.new_orders_body(orders))
        return understand(answer, lambda body: placements(body, [order.client_order_id for order in orders]))

    async def cancel(self, external_order_ids: Sequence[str]) -> Cancellations:
        answer = await self._post("/cancels", wire.cancels_body(external_order_ids))
        return understand(answer, lambda body: cancellations(body, external_order_ids))

    async def look_up(self, client_order_ids: Sequence[str]) -> VenueOrders:
        if len(client_order_ids) > LOOK_UPS_MAX:
            raise ValueError(f"{len(client_order_ids)} orders to look up at once; {LOOK_UPS_MAX} is the most")
        answer = await self._get("/orders", [("clientOrderId", known) for known in client_order_ids])
        return understand(answer, lambda body: looked_up(body, client_order_ids))

    async def changed_orders(self, from_ms: int, to_ms: int, cursor: str | None = None) -> VenueOrders:
        query = [("from", rfc3339(from_ms)), ("to", rfc3339(to_ms)), *_cursor(cursor)]
        return understand(await self._get("/orders", query), venue_orders)

    async def symbols(self, cursor: str | None = None) -> SymbolDays:
        return understand(await self._get("/symbols", _cursor(cursor)), symbol_days)

    async def status(self) -> MarketStatus:
        return understand(await self._get("/status"), lambda body: _decode_status(body).status())

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        query = [("after", str(after)), ("until", str(until)), ("epoch", str(epoch))]
        answer = await self._get("/trades", query)
        return understand(answer, lambda body: history(body, epoch, after, until))

    async def bars(self, symbol: str, from_ms: int, to_ms: int, size: Size) -> Sequence[Bar]:
        query = [("from", rfc3339(from_ms)), ("to", rfc3339(to_ms)), ("interval", wire.INTERVALS[size])]
        answer = await self._get(f"/bars/{quote(symbol, safe='')}", query)
        return understand(answer, lambda body: [bar.bar(size) for bar in _decode_bars(body).items])

    async def _get(self, path: str, query: Query = ()) -> Answer:
        return await self._connections.call("GET", path, query)

    async def _post(self, path: str, body: bytes) -> Answer:
        return await self._connections.call("POST", path, body=body)


_decode_orders = msgspec.json.Decoder(wire.WireOrders).decode
_decode_symbols = msgspec.json.Decoder(wire.WireSymbols).decode
_decode_status = msgspec.json.Decoder(wire.WireStatus).decode
_decode_trades = msgspec.json.Decoder(wire.WireTrades).decode
_decode_bars = msgspec.json.Decoder(wire.WireBars).decode
_decode_gone = msgspec.json.Decoder(wire.WireGone).decode


def understand(answer: Answer, read: Callable[[bytes], T]) -> T:
    """What a 200 answer says. Raises `HistoryGone` for a 410 and `OutcomeUnknown` for whatever else."""
    try:
        if answer.status == 410:
            gone = _decode_gone(answer.body)
            raise HistoryGone(gone.oldest_sequence, gone.oldest_epoch)
        if answer.status != 200:
            raise OutcomeUnknown(f"status {answer.status}: {answer.body[:_EXCERPT_BYTES].decode(errors='replace')}")
        return read(answer.body)
    except ValueError as error:
        raise OutcomeUnknown(f"an answer that makes no sense: {error}") from error


def placements(body: bytes, client_order_ids: Sequence[str]) -> Placements:
    answer = _decode_orders(body)
    _match([item.client_order_id for item in answer.items], client_order_ids)
    return Placements(answer.as_of, [item.placement() for item in answer.items])


def cancellations(body: bytes, external_order_ids: Sequence[str]) -> Cancellations:
    answer = _decode_orders(body)
    _match([item.external_order_id for item in answer.items], external_order_ids)
    return Cancellations(answer.as_of, [item.cancellation() for item in answer.items])


def looked_up(body: bytes, client_order_ids: Sequence[str]) -> VenueOrders:
    answer = _decode_orders(body)
    _match([item.client_order_id for item in answer.items], client_order_ids)
    return VenueOrders(answer.as_of, [item.order() for item in answer.items])


def venue_orders(body: bytes) -> VenueOrders:
    answer = _decode_orders(body)
    return VenueOrders(answer.as_of, [item.order() for item in answer.items], answer.next)


def symbol_days(body: bytes) -> SymbolDays:
    answer = _decode_symbols(body)
    return SymbolDays(answer.as_of, [item.day() for item in answer.items], answer.next)


def history(body: bytes, epoch: int, after: int, until: int) -> Sequence[Trade]:
    trades = wire.trades_of(epoch, _decode_trades(body).items)
    if any(not after < trade.sequence <= until for trade in trades):
        raise ValueError("trades that were not asked for")
    return trades


def _match(answered: Sequence[str | None], asked: Sequence[str]) -> None:
    if list(answered) != list(asked):
        raise ValueError("the items are not those asked for, in the order asked")


def _cursor(cursor: str | None) -> list[tuple[str, str]]:
    return [] if cursor is None else [("cursor", cursor)]
