"""An exchange within the test: the real matching core and its real JSON, with no network between, and misbehaviour on demand.

`Venue` is `locksley.exchange.port.OrderEntry`. Each call passes one `Line`, on which a test hangs what shall go wrong with it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, TypeVar

import msgspec

from locksley.clock import Clock, rfc3339
from locksley.domain.price import Trade, Version
from locksley.exchange import http_client, wire
from locksley.exchange.port import Cancellations, NewOrder, OutcomeUnknown, Placements, Unreachable, VenueOrders
from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults
from paper_exchange.history import TradeWriter
from paper_exchange.market.port import Event
from paper_exchange.order import Order
from paper_exchange.order_entry import Answer, OrderEntry
from paper_exchange.stats import Stats
from tests.paper_exchange.fixed_market import FixedMarket

NS_PER_MS = 1_000_000

T = TypeVar("T")


class Fault(Enum):
    UNREACHABLE = auto()  # the request surely never left
    TIMEOUT_BEFORE = auto()  # it was lost on its way there
    TIMEOUT_AFTER = auto()  # it was done, and the answer was lost on its way back
    LATE = auto()  # it is still on its way when the caller gives up; `deliver_late` brings it there
    REFUSE = auto()  # the exchange refuses the first order of it


class Line:
    """One kind of call: what shall go wrong with the next ones, and whether its requests or its answers are held up."""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.sent: list[list[str]] = []  # the ids of each request that was made
        self.requests_pass = asyncio.Event()
        self.answers_pass = asyncio.Event()
        self.answers_held = 0
        self.requests_pass.set()
        self.answers_pass.set()

    def fail(self, fault: Fault, times: int = 1) -> None:
        self.faults.extend([fault] * times)

    def next_fault(self) -> Fault | None:
        return self.faults.popleft() if self.faults else None


class Venue:
    """`clock` is the exchange's own. `up` switched off: nothing can be reached."""

    def __init__(self, clock: Clock, symbols: Sequence[str] = ("META", "AAPL"), *, prefix: str = "p") -> None:
        self._clock_ns = lambda: clock.now_ms() * NS_PER_MS
        self.up = True
        self.place_line, self.cancel_line, self.look_up_line = Line(), Line(), Line()
        self.forgotten: list[Order] = []
        self._late: list[Callable[[], Answer]] = []
        self._begin(FixedMarket(symbols), prefix, 1)

    def _begin(self, market: FixedMarket, prefix: str, epoch: int) -> None:
        self.exchange = Exchange(market, self._clock_ns, prefix=prefix, epoch=epoch)
        self._market = market
        self._front = OrderEntry(self.exchange, Stats(), Faults())
        self._writer = TradeWriter(self.exchange)

    # What a test does to it

    def happen(self, *events: Event) -> None:
        """Quotes and prints of the market."""
        for event in events:
            self.exchange.apply(event)

    def begin_epoch(self) -> None:
        self.exchange.begin_epoch()

    def lose_memory(self) -> None:
        """Come back without its orders, in a new epoch."""
        self.forgotten += self.exchange.orders.all
        self._begin(self._market, f"{self.exchange.prefix}'", self.exchange.epoch + 1)

    def deliver_late(self) -> None:
        """What was on its way when its sender gave up arrives."""
        late, self._late = self._late, []
        for request in late:
            request()

    def trades_after(self, position: Version | None) -> tuple[list[Trade], Version]:
        """What the feed tells a reader who had got that far, and the position that it brings the reader to."""
        tape = self.exchange.tape
        base = tape.epochs[-1].base
        after = base + position.sequence if position is not None and position.epoch == tape.epoch else base
        line = self._writer.line(base, after, tape.last_number)
        told = msgspec.json.decode(line, type=list[wire.WireTrade])
        return wire.trades_of(tape.epoch, told), Version(tape.epoch, tape.sequence)

    def orders(self) -> Sequence[Order]:
        """Every order that was ever taken here: the truth."""
        return [*self.forgotten, *self.exchange.orders.all]

    def order(self, client_order_id: str) -> Order:
        [found] = [order for order in self.orders() if order.client_order_id == client_order_id]
        return found

    # The port

    async def place(self, orders: Sequence[NewOrder]) -> Placements:
        ids = [order.client_order_id for order in orders]
        body = wire.new_orders_body(orders)
        return await self._call(
            self.place_line,
            ids,
            lambda refuse: self._front.answer("POST", "/orders", {}, body, refuse),
            lambda answer: http_client.placements(answer, ids),
        )

    async def cancel(self, external_order_ids: Sequence[str]) -> Cancellations:
        ids = list(external_order_ids)
        body = wire.cancels_body(ids)
        return await self._call(
            self.cancel_line,
            ids,
            lambda _: self._front.answer("POST", "/cancels", {}, body),
            lambda answer: http_client.cancellations(answer, ids),
        )

    async def look_up(self, client_order_ids: Sequence[str]) -> VenueOrders:
        ids = list(client_order_ids)
        return await self._call(
            self.look_up_line,
            ids,
            lambda _: self._front.answer("GET", "/orders", {"clientOrderId": ids}, b""),
            lambda answer: http_client.looked_up(answer, ids),
        )

    async def changed_orders(self, from_ms: int, to_ms: int, cursor: str | None = None) -> VenueOrders:
        query = {"from": [rfc3339(from_ms)], "to": [rfc3339(to_ms)], **({} if cursor is None else {"cursor": [cursor]})}
        return await self._call(
            self.look_up_line,
            [],
            lambda _: self._front.answer("GET", "/orders", query, b""),
            http_client.venue_orders,
        )

    async def _call(
        self, line: Line, ids: list[str], request: Callable[[int | None], Answer], read: Callable[[bytes], T]
    ) -> T:
        fault = line.next_fault()
        if not self.up or fault is Fault.UNREACHABLE:
            raise Unreachable("no connection")
        line.sent.append(ids)
        await line.requests_pass.wait()
        if fault is Fault.TIMEOUT_BEFORE:
            raise OutcomeUnknown("timeout")
        if fault is Fault.LATE:
            self._late.append(lambda: request(None))
            raise OutcomeUnknown("timeout")
        answer: Any = request(0 if fault is Fault.REFUSE else None)
        line.answers_held += 1
        await line.answers_pass.wait()
        line.answers_held -= 1
        if fault is Fault.TIMEOUT_AFTER:
            raise OutcomeUnknown("timeout")
        return http_client.understand(answer, read)
