"""The order service: place, cancel, get, list, as people ask for them.

reads from: HTTP, order db, the market's last price. writes to: order db, gateway.
An order is stored, with its hold and its key, before it is sent. If the process dies in between, clean-up settles it.
"""

from typing import NamedTuple

from locksley.clock import Clock
from locksley.domain import errors
from locksley.domain.events import CancelAsked
from locksley.domain.money import highest_price_cents, lowest_price_cents
from locksley.domain.order import MAX_PRICE_CENTS, Order, Side, Status
from locksley.exchange.venue_clock import VenueClock
from locksley.order_db.port import AuditRow, IdempotencyKey, OrderDb, OrderEvents, OrderFilter, Page, Placed, Source
from locksley.orders.booking import Booking
from locksley.orders.circuit import Circuit
from locksley.orders.gateway import Gateway
from locksley.orders.identity import OrderIds
from locksley.orders.in_flight import InFlight
from locksley.orders.market import Market
from locksley.orders.request import OrderRequest

CREATED, TAKEN, REFUSED = 201, 202, 422
MS_PER_SECOND = 1_000


class Answer(NamedTuple):
    """`status_code` is 201 when the exchange has the order, 202 when that is not known yet."""

    order: Order
    status_code: int
    replayed: bool = False


class Cancelled(NamedTuple):
    """`done`: it is closed. Otherwise the cancel is kept, and clean-up settles it."""

    order: Order
    done: bool


class OrderService:
    def __init__(
        self,
        orders: OrderDb,
        booking: Booking,
        gateway: Gateway,
        market: Market,
        circuit: Circuit,
        clock: Clock,
        venue_clock: VenueClock,
        ids: OrderIds,
        *,
        not_after_ms: int,
        collar_bp: int,
    ) -> None:
        self._orders = orders
        self._booking = booking
        self._gateway = gateway
        self._market = market
        self._circuit = circuit
        self._clock = clock
        self._venue_clock = venue_clock
        self._ids = ids
        self._not_after_ms = not_after_ms
        self._collar_bp = collar_bp
        self._in_flight = InFlight()

    async def place(self, user_id: str, request: OrderRequest, key: str | None, source: Source) -> Answer:
        """Store and send an order. Refusals leave nothing behind, but `ExchangeRefused`, which leaves the order `failed`."""
        request.check()
        bound = IdempotencyKey(key, request.digest()) if key is not None else None
        with self._in_flight.enter(user_id, request, key):
            try:
                worst_price_cents = await self._worst_price_cents(request)
                self._check_exchange()
            except errors.Refusal:
                # What was placed with this key is told of whatever the market does now. Else the key is looked up where it is stored.
                before = await self._orders.placed_before(user_id, bound) if bound is not None else None
                if before is None:
                    raise
                return _replay(before)
            draft = self._draft(user_id, request, worst_price_cents)
            placed = await self._orders.place(draft, bound, source)
            if placed.replayed:
                return _replay(placed)
            return await self._send(placed.order, key)

    async def cancel(self, user_id: str, order_id: str, source: Source) -> Cancelled:
        """Cancel an order; of one `pending_cancel` it asks again, of one `cancelled` it is done. `OrderClosed` comes too late."""
        order = await self.order(user_id, order_id)
        if order.status is Status.CANCELLED:
            return Cancelled(order, done=True)
        if not order.is_open:
            raise errors.OrderClosed(order=order)
        self._check_exchange()
        [applied] = await self._booking.book([OrderEvents(order_id, user_id, [CancelAsked()])], source)
        if applied is None:
            raise errors.StorageUnavailable
        if applied.refused:
            raise errors.OrderClosed(order=applied.order)
        order = await self._placement_known(applied.order)
        if order.is_open and order.external_order_id is not None:
            order = await self._gateway.cancel(order) or order
        if order.status in (Status.FILLED, Status.FAILED):
            raise errors.OrderClosed(order=order)
        return Cancelled(order, done=order.status is Status.CANCELLED)

    async def order(self, user_id: str, order_id: str) -> Order:
        order = await self._orders.order(user_id, order_id)
        if order is None:
            raise errors.NotFound
        return order

    async def orders(self, user_id: str, where: OrderFilter, page: Page) -> list[Order]:
        return await self._orders.orders(user_id, where, page)

    async def audit(self, user_id: str, order_id: str) -> list[AuditRow]:
        await self.order(user_id, order_id)
        return await self._orders.audit(user_id, order_id)

    def _check_exchange(self) -> None:
        retry_after_ms = self._circuit.retry_after_ms()
        if retry_after_ms > 0 or not self._gateway.has_room or not self._venue_clock.is_known:
            raise errors.ExchangeUnavailable(retryAfterMs=max(retry_after_ms, MS_PER_SECOND))

    def _draft(self, user_id: str, request: OrderRequest, worst_price_cents: int) -> Order:
        now_ms = self._clock.now_ms()
        return Order(
            order_id=self._ids.new(now_ms),
            user_id=user_id,
            side=request.position,
            symbol=request.symbol,
            type=request.type,
            num_shares=request.num_shares,
            price_cents=request.price_in_cents,
            worst_price_cents=worst_price_cents,
            not_after_ms=self._venue_clock.now_ms() + self._not_after_ms,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )

    async def _worst_price_cents(self, request: OrderRequest) -> int:
        last = await self._market.last_price(request.symbol)
        if last is None:
            raise errors.UnknownSymbol(symbol=request.symbol)
        if request.price_in_cents is not None:
            return request.price_in_cents
        if not self._market.is_open:
            raise errors.MarketClosed
        if last.stale:
            raise errors.StalePrice
        if request.position is Side.BUY:
            highest_cents = min(highest_price_cents(last.price_cents, self._collar_bp), MAX_PRICE_CENTS)
            if highest_cents < 1:
                raise errors.InvalidPrice(
                    "A share costs less than a cent, so that no market order can bound its price. Place a limit order."
                )
            return highest_cents
        return lowest_price_cents(last.price_cents, self._collar_bp)

    async def _send(self, order: Order, key: str | None) -> Answer:
        settled = await self._gateway.place(order)
        if settled is None:
            return await self._taken(order, key)
        if settled.status is Status.FAILED:
            raise errors.ExchangeRefused(order=settled)
        return Answer(settled, CREATED)

    async def _taken(self, order: Order, key: str | None) -> Answer:
        """The answer while the outcome is not known. The order is stored, so a database that fails now is no refusal."""
        try:
            if key is not None:
                await self._orders.answered(order.user_id, key, TAKEN)
        except errors.StorageUnavailable:
            pass  # only replays lose by it: they get the code that the order's state stands for
        return Answer(await self._as_it_stands(order), TAKEN)

    async def _placement_known(self, order: Order) -> Order:
        """The order once the answer to its placement is in, if one is under way: a cancel goes out only after it."""
        placement = self._gateway.placing(order.order_id)
        if placement is not None:
            await placement
        elif order.external_order_id is not None:
            return order
        return await self._as_it_stands(order)

    async def _as_it_stands(self, order: Order) -> Order:
        """What is stored now; if it cannot be read, the order as it was known last."""
        try:
            return await self.order(order.user_id, order.order_id)
        except errors.StorageUnavailable:
            return order


def _replay(before: Placed) -> Answer:
    """The order as it now stands, with the status code that it had."""
    status_code = before.status_code or _first_answer(before.order)
    if status_code == REFUSED:
        refusal = errors.ExchangeRefused(order=before.order)
        refusal.replayed = True
        raise refusal
    return Answer(before.order, status_code, replayed=True)


def _first_answer(order: Order) -> int:
    """What a key was answered with when nobody noted it: only a 202 is noted, since only it says less than the order does."""
    if order.status is Status.PENDING:
        return TAKEN
    if order.status is Status.FAILED:
        return TAKEN if order.reason == "never_reached_exchange" else REFUSED
    return CREATED
