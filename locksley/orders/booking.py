"""Booking what was learnt about orders: into the database in one transaction, then a hint to whoever watches them.

reads from: gateway, trade processor, clean-up (they learn). writes to: order index, order db, bus.
If it dies halfway: before the commit nothing happened, and clean-up or the feed learns it again; after it only hints are lost.
"""

from collections.abc import Sequence

import structlog

from locksley.bus.port import Bus
from locksley.domain.price import Version
from locksley.exchange.port import VenueOrder
from locksley.order_db.port import Applied, OrderDb, OrderEvents, Source
from locksley.order_index.port import OrderIndex, Owner

log = structlog.get_logger()


def channel_of(user_id: str) -> str:
    """The bus channel of a person's order updates."""
    return f"orders:{user_id}"


class Booking:
    def __init__(self, orders: OrderDb, index: OrderIndex, bus: Bus) -> None:
        self._orders = orders
        self._index = index
        self._bus = bus

    def learn(self, owners: Sequence[tuple[VenueOrder, Owner]]) -> None:
        """The exchange's ids of our orders, so that the feed finds them; before anything that follows from them is stored."""
        self._index.put_many(
            [(venue.external_order_id, owner) for venue, owner in owners if venue.external_order_id is not None]
        )

    async def book(
        self, changes: Sequence[OrderEvents], source: Source, feed_position: Version | None = None
    ) -> list[Applied]:
        """Answers in the order given. Raises `StorageUnavailable`; then nothing was booked."""
        applied = await self._orders.apply(changes, source, feed_position)
        await self.hint(applied)
        return applied

    async def hint(self, applied: Sequence[Applied]) -> None:
        people = dict.fromkeys(one.order.user_id for one in applied if one.changed)
        for one in applied:
            for alarm in one.alarms:
                log.error("order alarm", order_id=one.order.order_id, alarm=alarm, status=str(one.order.status))
        if people:
            await self._bus.publish([(channel_of(user_id), b"") for user_id in people])
