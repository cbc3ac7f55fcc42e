"""Asking the exchange about orders by our own ids, and booking what it says.

reads from: exchange (lookup). writes to: order index, order db by `Booking`; cancels by the gateway. It decides nothing that the exchange
has not said, and never sends an order again. If it dies halfway, whoever asks again does all of it again, which changes nothing twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from locksley.domain.order import Order, Status
from locksley.domain.price import Version
from locksley.exchange.port import AsOf, OrderEntry, State, VenueOrder
from locksley.exchange.venue_clock import VenueClock
from locksley.order_db.port import Applied, Lease, OrderEvents, Source
from locksley.order_index.port import Owner
from locksley.orders import evidence
from locksley.orders.alarms import Alarms
from locksley.orders.booking import Booking
from locksley.orders.gateway import Gateway
from locksley.orders.recent_trades import RecentTrades

UNSETTLED = frozenset({Status.PENDING, Status.PENDING_CANCEL})


class Asked(NamedTuple):
    """What came of asking about one order. `unsettled` says why it is in doubt still; None: it is not, or its cancel was not answered.
    `contradicts`: what the exchange says can not be true, or not be booked."""

    order: Order
    venue: VenueOrder
    unsettled: str | None
    contradicts: bool = False


class Asking:
    def __init__(
        self,
        exchange: OrderEntry,
        booking: Booking,
        gateway: Gateway,
        recent_trades: RecentTrades,
        venue_clock: VenueClock,
        alarms: Alarms,
    ) -> None:
        self._exchange = exchange
        self._booking = booking
        self._gateway = gateway
        self._recent_trades = recent_trades
        self._venue_clock = venue_clock
        self._alarms = alarms

    async def ask(self, orders: Sequence[Order], source: Source, lease: Lease | None = None) -> list[Asked]:
        """Answers in the order given, up to 100. Raises `ExchangeError`, `StorageUnavailable`, `LeaseLost`."""
        if not orders:
            return []
        asked_at = self._recent_trades.position
        answer = await self._exchange.look_up([order.order_id for order in orders])
        self._venue_clock.heard(answer.as_of.now_ms)
        found = {venue.client_order_id: venue for venue in answer.items}
        pairs = [(order, found[order.order_id]) for order in orders if order.order_id in found]
        self._booking.learn([(venue, Owner(order.order_id, order.user_id)) for order, venue in pairs])
        applied = await self._book(pairs, asked_at, answer.as_of, source, lease)
        now = {order.order_id: _as_booked(applied, order) for order, _ in pairs}
        cancelled = await self._cancel(list(now.values()), found)
        return [
            self._asked(order, venue, cancelled.get(order.order_id) or now[order.order_id], applied, cancelled)
            for order, venue in pairs
        ]

    async def _book(
        self,
        pairs: Sequence[tuple[Order, VenueOrder]],
        asked_at: Version,
        as_of: AsOf,
        source: Source,
        lease: Lease | None,
    ) -> Mapping[str, Applied | None]:
        """By order id; nothing for an order of which the answer proves nothing, None for what can not be booked."""
        newer = self._recent_trades.after(asked_at, {venue.external_order_id or "" for _, venue in pairs})
        changes = [
            OrderEvents(
                order.order_id,
                order.user_id,
                evidence.of_lookup(order, venue, as_of, newer.get(venue.external_order_id or "", ())),
            )
            for order, venue in pairs
        ]
        changes = [change for change in changes if change.events]
        applied = await self._booking.book(changes, source, lease=lease) if changes else []
        return {change.order_id: one for change, one in zip(changes, applied, strict=True)}

    async def _cancel(self, orders: Sequence[Order], found: Mapping[str, VenueOrder]) -> Mapping[str, Order | None]:
        """Send the cancels that people asked for and the exchange has not had yet. None: it did not answer well."""
        waiting = [
            order
            for order in orders
            if order.status is Status.PENDING_CANCEL and found[order.order_id].state is State.OPEN
        ]
        outcomes = await asyncio.gather(*(self._gateway.cancel(order) for order in waiting))
        return {order.order_id: outcome for order, outcome in zip(waiting, outcomes, strict=True)}

    def _asked(
        self,
        before: Order,
        venue: VenueOrder,
        now: Order,
        applied: Mapping[str, Applied | None],
        cancelled: Mapping[str, Order | None],
    ) -> Asked:
        if (contradiction := evidence.contradiction(before, venue)) is not None:
            self._alarms.ring("fewer_fills", order_id=now.order_id, why=contradiction)
            return Asked(now, venue, contradiction, contradicts=True)
        if now.order_id in applied and applied[now.order_id] is None:
            return Asked(now, venue, "what the exchange says of it can not be booked", contradicts=True)
        without_answer = now.order_id in cancelled and cancelled[now.order_id] is None
        settled = without_answer or now.status not in UNSETTLED
        return Asked(now, venue, None if settled else _in_doubt(now, venue))


def _in_doubt(order: Order, venue: VenueOrder) -> str:
    if venue.state is State.UNKNOWN:
        return "the exchange does not know it, and might still take it"
    return f"the exchange has it as {venue.state} with {venue.filled_shares} filled; {order.filled_shares} are booked"


def _as_booked(applied: Mapping[str, Applied | None], order: Order) -> Order:
    one = applied.get(order.order_id)
    return one.order if one is not None else order
