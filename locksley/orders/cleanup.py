"""Clean-up: whatever got stuck is asked about at the exchange and settled.

reads from: order db (what is `pending` or `pending_cancel` for too long, what is open), exchange (lookup by our own order id).
writes to: order index, order db by `Booking`; cancels by the gateway. It decides nothing that the exchange has not said, and never
sends an order again. If it dies halfway, the next sweep starts over: everything it does can be done twice.
"""

import asyncio
from collections.abc import Sequence

import structlog

from locksley.clock import Clock
from locksley.domain.errors import StorageUnavailable
from locksley.domain.order import Order, Status
from locksley.exchange.port import ExchangeError, OrderEntry, VenueOrder
from locksley.order_db.port import OrderDb, OrderEvents, Source
from locksley.order_index.port import Owner
from locksley.orders import evidence
from locksley.orders.booking import Booking
from locksley.orders.gateway import Gateway

log = structlog.get_logger()

_SOURCE = Source("clean-up")
MS_PER_SECOND = 1_000
FIRST = ""


class Cleanup:
    def __init__(
        self,
        orders: OrderDb,
        exchange: OrderEntry,
        booking: Booking,
        gateway: Gateway,
        clock: Clock,
        *,
        every_ms: int,
        grace_ms: int,
        batch_max: int,
    ) -> None:
        self._orders = orders
        self._exchange = exchange
        self._booking = booking
        self._gateway = gateway
        self._clock = clock
        self._every_ms = every_ms
        self._grace_ms = grace_ms
        self._batch_max = batch_max
        self._round_trip_from = FIRST
        self._all_open_wanted = False
        self._wake = asyncio.Event()

    def ask_about_everything_open(self) -> None:
        """After a new epoch, or a gap that the exchange's history no longer covers."""
        self._all_open_wanted = True
        self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                await self.sweep()
            except (ExchangeError, StorageUnavailable) as error:
                log.warning("clean-up will try again", error=repr(error))
            try:
                async with asyncio.timeout(self._every_ms / MS_PER_SECOND):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def sweep(self) -> None:
        """One round: the unsettled, then everything open if that was asked for, else the next batch of it."""
        await self._sweep_unsettled()
        if self._all_open_wanted:
            await self._sweep_all_open()
        else:
            self._round_trip_from = await self._sweep_open_after(self._round_trip_from)

    async def _sweep_unsettled(self) -> None:
        now_ms = self._clock.now_ms()
        await self._settle(
            await self._orders.unsettled_orders(now_ms - self._grace_ms, now_ms + self._grace_ms, self._batch_max)
        )

    async def _sweep_all_open(self) -> None:
        self._all_open_wanted = False  # before the first page: who asks meanwhile wants a sweep of their own
        try:
            after = await self._sweep_open_after(FIRST)
            while after != FIRST:
                after = await self._sweep_open_after(after)
        except (ExchangeError, StorageUnavailable):
            self._all_open_wanted = True
            raise

    async def _sweep_open_after(self, order_id: str) -> str:
        """Ask about a batch of open orders; where the next batch starts."""
        batch = await self._orders.open_orders(order_id, self._batch_max)
        await self._settle([order for order in batch if self._gateway.placing(order.order_id) is None])
        return batch[-1].order_id if len(batch) == self._batch_max else FIRST

    async def _settle(self, orders: Sequence[Order]) -> None:
        if not orders:
            return
        answer = await self._exchange.look_up([order.order_id for order in orders])
        found = {venue.client_order_id: venue for venue in answer.items}
        pairs = [(order, found[order.order_id]) for order in orders if order.order_id in found]
        self._booking.learn([(venue, Owner(order.order_id, order.user_id)) for order, venue in pairs])
        changes = [
            OrderEvents(order.order_id, order.user_id, evidence.of_lookup(order, venue, answer.as_of))
            for order, venue in pairs
        ]
        applied = await self._booking.book([change for change in changes if change.events], _SOURCE)
        await self._cancel([one.order for one in applied], found)

    async def _cancel(self, orders: Sequence[Order], found: dict[str, VenueOrder]) -> None:
        """Send the cancels that people asked for and the exchange has not had yet."""
        waiting = [
            order
            for order in orders
            if order.status is Status.PENDING_CANCEL and found[order.order_id].external_order_id is not None
        ]
        await asyncio.gather(*(self._gateway.cancel(order) for order in waiting))
