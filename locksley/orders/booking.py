"""Booking what was learnt about orders: into the database in one transaction, then a hint to whoever watches them.

reads from: gateway, trade processor, clean-up (they learn). writes to: order index, order db, bus.
If it dies halfway: before the commit nothing happened, and clean-up or the feed learns it again; after it only hints are lost.
What can never be booked is set aside, with an alarm, so that it does not stop what can.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from locksley.bus.port import Bus
from locksley.domain.events import Filled
from locksley.domain.price import Version
from locksley.exchange.port import VenueOrder
from locksley.order_db.port import Applied, Lease, NotBookable, OrderEvents, Source
from locksley.order_db.upkeep import UpkeepDb
from locksley.order_index.port import OrderIndex, Owner
from locksley.orders.alarms import Alarms

# So many orders are written in one piece, about 5 ms on the event loop: between two pieces the loop's other work gets its turn.
AT_ONCE_MAX = 16

_Key = tuple[str, str]  # an execution: trade id, external order id


def channel_of(user_id: str) -> str:
    """The bus channel of a person's order updates."""
    return f"orders:{user_id}"


class Booking:
    def __init__(self, orders: UpkeepDb, index: OrderIndex, bus: Bus, alarms: Alarms, *, booked_kept_max: int) -> None:
        self._orders = orders
        self._index = index
        self._bus = bus
        self._alarms = alarms
        self._booked_kept_max = booked_kept_max
        self._booked: dict[_Key, None] = {}
        self._under_way: dict[_Key, asyncio.Future[None]] = {}

    def learn(self, owners: Sequence[tuple[VenueOrder, Owner]]) -> None:
        """The exchange's ids of our orders, so that the feed finds them; before anything that follows from them is stored."""
        self._index.put_many(
            [(venue.external_order_id, owner) for venue, owner in owners if venue.external_order_id is not None]
        )

    def has_booked(self, trade_id: str, external_order_id: str) -> bool:
        """Whether this execution is surely in the database. One that is there may be forgotten here: booking it again changes nothing."""
        return (trade_id, external_order_id) in self._booked

    async def wait_for(self, executions: Iterable[tuple[str, str]]) -> None:
        """Until those of them that are being booked at this moment are, or failed to be: (trade id, external order id)."""
        waited = {under_way for key in executions if (under_way := self._under_way.get(key)) is not None}
        if waited:
            await asyncio.wait(waited)

    async def book(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied | None]:
        """Answers in the order given; None for what was set aside. Raises `StorageUnavailable` and `LeaseLost`: then the
        same can be booked again, whatever of it was booked already. The feed's position is stored with the last of it, or after."""
        if len(changes) <= AT_ONCE_MAX:
            return await self._book(changes, source, feed_position, lease)
        parts = [changes[start : start + AT_ONCE_MAX] for start in range(0, len(changes), AT_ONCE_MAX)]
        last = parts.pop() if feed_position is not None else ()
        done = await asyncio.gather(*(self._book(part, source, None, lease) for part in parts), return_exceptions=True)
        booked: list[Applied | None] = []
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
            booked += outcome
        return booked + await self._book(last, source, feed_position, lease) if last else booked

    async def _book(
        self, changes: Sequence[OrderEvents], source: Source, feed_position: Version | None, lease: Lease | None
    ) -> list[Applied | None]:
        applied: Sequence[Applied | None]
        with self._booking(changes) as executions:
            try:
                applied = await self._orders.apply(changes, source, feed_position, lease)
            except NotBookable:
                applied = [await self._book_or_set_aside(change, source, lease) for change in changes]
                if feed_position is not None:
                    await self._orders.keep_feed_position(feed_position)
            else:
                self._remember(executions)
        await self.hint([one for one in applied if one is not None])
        return list(applied)

    @contextmanager
    def _booking(self, changes: Sequence[OrderEvents]) -> Iterator[Sequence[_Key]]:
        """The executions among `changes`, known to `wait_for` meanwhile."""
        executions = [
            (event.execution.trade_id, event.external_order_id)
            for change in changes
            for event in change.events
            if isinstance(event, Filled)
        ]
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way |= dict.fromkeys(executions, done)
        try:
            yield executions
        finally:
            done.set_result(None)
            for key in executions:
                if self._under_way.get(key) is done:
                    del self._under_way[key]

    def _remember(self, executions: Sequence[_Key]) -> None:
        booked = self._booked
        booked |= dict.fromkeys(executions)
        while len(booked) > self._booked_kept_max:
            del booked[next(iter(booked))]

    async def _book_or_set_aside(self, change: OrderEvents, source: Source, lease: Lease | None) -> Applied | None:
        try:
            [applied] = await self._orders.apply([change], source, None, lease)
        except NotBookable as error:
            kept = await self._orders.set_aside(change, source, str(error))
            self._alarms.ring(
                "not_bookable",
                order_id=change.order_id,
                user_id=change.user_id,
                why=str(error),
                kept=kept,
                events=None if kept else repr(change.events),
            )
            return None
        return applied

    async def hint(self, applied: Sequence[Applied]) -> None:
        people = dict.fromkeys(one.order.user_id for one in applied if one.changed)
        for one in applied:
            for alarm in one.alarms:
                self._alarms.ring("order", order_id=one.order.order_id, alarm=alarm, status=str(one.order.status))
        if people:
            await self._bus.publish([(channel_of(user_id), b"") for user_id in people])
