"""The gateway: keeps exchange connections few, and batches by itself.

reads from: its queues, filled by the order service and clean-up. writes to: exchange, then order index and order db by `Booking`.
Each lane sends what has gathered while its last batch was under way; there is no timer. It does not wait until an answer is booked, up to
`BOOKINGS_MAX`. If it dies halfway, orders stay `pending` or `pending_cancel`, and clean-up asks the exchange about them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from locksley.domain.errors import StorageUnavailable
from locksley.domain.events import Event, Execution, Refused
from locksley.domain.money import E4_PER_CENT
from locksley.domain.order import Order
from locksley.exchange.port import Cancellation, ExchangeError, NewOrder, OrderEntry, Placement
from locksley.exchange.venue_clock import VenueClock
from locksley.order_db.port import OrderEvents, Source
from locksley.order_index.port import Owner
from locksley.orders import evidence
from locksley.orders.alarms import Alarms
from locksley.orders.booking import Booking
from locksley.orders.circuit import Circuit
from locksley.orders.recent_trades import RecentTrades

log = structlog.get_logger()

BOOKINGS_MAX = 8  # batches whose answers are being booked at one time; then the lanes wait

_SOURCE = Source("gateway")


class _Errand(NamedTuple):
    """`outcome` becomes the order after the exchange's answer was booked, or None: nothing is known."""

    order: Order
    outcome: asyncio.Future[Order | None]


# Asks the exchange about a batch; what its answer proves about each order.
_Ask = Callable[[Sequence[_Errand]], Awaitable[list[OrderEvents]]]


class Gateway:
    def __init__(
        self,
        exchange: OrderEntry,
        booking: Booking,
        recent_trades: RecentTrades,
        circuit: Circuit,
        venue_clock: VenueClock,
        alarms: Alarms,
        *,
        lanes: int,
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._exchange = exchange
        self._booking = booking
        self._recent_trades = recent_trades
        self._circuit = circuit
        self._venue_clock = venue_clock
        self._alarms = alarms
        self._lanes = lanes
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._placements: deque[_Errand] = deque()
        self._cancels: deque[_Errand] = deque()
        self._placing: dict[str, asyncio.Future[Order | None]] = {}
        self._work = asyncio.Event()
        self._room_to_book = asyncio.Semaphore(BOOKINGS_MAX)

    @property
    def has_room(self) -> bool:
        return len(self._placements) < self._waiting_max

    @property
    def placements_waiting(self) -> int:
        return len(self._placements)

    @property
    def cancels_waiting(self) -> int:
        return len(self._cancels)

    @property
    def in_flight_count(self) -> int:
        return len(self._placing)

    def placing(self, order_id: str) -> asyncio.Future[Order | None] | None:
        """The outcome, still to come, of a placement under way."""
        outcome = self._placing.get(order_id)
        return asyncio.shield(outcome) if outcome is not None else None

    def place(self, order: Order) -> asyncio.Future[Order | None]:
        """Send a stored order. The order as the answer leaves it; None when the outcome is not known."""
        outcome = self._errand(self._placements, order)
        self._placing[order.order_id] = outcome
        outcome.add_done_callback(lambda _: self._placing.pop(order.order_id, None))
        return asyncio.shield(outcome)  # whoever stops waiting must not end the wait of the others

    def cancel(self, order: Order) -> asyncio.Future[Order | None]:
        """Send the cancel of an order whose external id is known. None when the outcome is not known."""
        return asyncio.shield(self._errand(self._cancels, order))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._lanes):
                tasks.create_task(self._lane(tasks))

    def _errand(self, queue: deque[_Errand], order: Order) -> asyncio.Future[Order | None]:
        outcome: asyncio.Future[Order | None] = asyncio.get_running_loop().create_future()
        queue.append(_Errand(order, outcome))
        self._work.set()
        return outcome

    async def _lane(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._work.wait()
            if self._cancels:
                await self._send(self._take(self._cancels), self._ask_to_cancel, tasks)
            elif self._placements:
                await self._send(self._take(self._placements), self._ask_to_place, tasks)
            else:
                self._work.clear()

    def _take(self, queue: deque[_Errand]) -> list[_Errand]:
        return [queue.popleft() for _ in range(min(len(queue), self._batch_max))]

    async def _send(self, batch: Sequence[_Errand], ask: _Ask, tasks: asyncio.TaskGroup) -> None:
        booking = False
        try:
            changes = await ask(batch)
            self._circuit.succeeded()
            await self._room_to_book.acquire()
            tasks.create_task(self._book(batch, changes))
            booking = True
        except ExchangeError as error:
            self._circuit.failed()
            log.warning("the exchange did not answer well", orders=len(batch), error=str(error))
        except StorageUnavailable:
            _not_stored(batch)
        finally:
            if not booking:
                _settle(batch, [None] * len(batch))

    async def _book(self, batch: Sequence[_Errand], changes: Sequence[OrderEvents]) -> None:
        outcomes: Sequence[Order | None] = [None] * len(batch)
        try:
            applied = await self._booking.book(changes, _SOURCE)
            outcomes = [
                one.order if one is not None and change.events else None
                for one, change in zip(applied, changes, strict=True)
            ]
        except StorageUnavailable:
            _not_stored(batch)
        finally:
            self._room_to_book.release()
            _settle(batch, outcomes)

    async def _ask_to_place(self, batch: Sequence[_Errand]) -> list[OrderEvents]:
        asked_at = self._recent_trades.position
        answer = await self._exchange.place([_new_order(errand.order) for errand in batch])
        self._venue_clock.heard(answer.as_of.now_ms)
        taken = [
            (item.order, _owner(errand.order))
            for errand, item in zip(batch, answer.items, strict=True)
            if item.order is not None
        ]
        self._booking.learn(taken)
        newer = self._recent_trades.after(asked_at, {order.external_order_id or "" for order, _ in taken})
        return [
            OrderEvents(errand.order.order_id, errand.order.user_id, _placed(item, newer), known=errand.order)
            for errand, item in zip(batch, answer.items, strict=True)
        ]

    async def _ask_to_cancel(self, batch: Sequence[_Errand]) -> list[OrderEvents]:
        answer = await self._exchange.cancel([errand.order.external_order_id or "" for errand in batch])
        self._venue_clock.heard(answer.as_of.now_ms)
        return [
            OrderEvents(errand.order.order_id, errand.order.user_id, self._cancelled(errand.order, item))
            for errand, item in zip(batch, answer.items, strict=True)
        ]

    def _cancelled(self, order: Order, item: Cancellation) -> list[Event]:
        if item.order is None:
            return []
        if (contradiction := evidence.contradiction(order, item.order)) is not None:
            self._alarms.ring("fewer_fills", order_id=order.order_id, why=contradiction)
        return evidence.of_venue_order(item.order)


def _placed(item: Placement, newer: Mapping[str, Sequence[Execution]]) -> list[Event]:
    if item.order is None or item.order.external_order_id is None:
        return [Refused(item.refusal or "refused")]
    return evidence.of_venue_order(item.order, newer.get(item.order.external_order_id, ()))


def _settle(batch: Sequence[_Errand], outcomes: Sequence[Order | None]) -> None:
    for errand, outcome in zip(batch, outcomes, strict=True):
        if not errand.outcome.done():
            errand.outcome.set_result(outcome)


def _not_stored(batch: Sequence[_Errand]) -> None:
    log.error("an answer of the exchange could not be stored; clean-up will ask again", orders=len(batch))


def _owner(order: Order) -> Owner:
    return Owner(order.order_id, order.user_id)


def _new_order(order: Order) -> NewOrder:
    return NewOrder(
        client_order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price_e4=order.worst_price_cents * E4_PER_CENT,
        num_shares=order.num_shares,
        not_after_ms=order.not_after_ms,
    )
