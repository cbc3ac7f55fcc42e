"""Live order updates: wakes on a hint, trusts the database.

reads from: bus (a hint that a person's orders changed), order db (the numbered updates themselves, on a hint and every second).
writes to: the person's streams. A lost hint costs latency, never an update; a stream that breaks resumes by its last number.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec

from locksley.bus.port import Bus
from locksley.domain.errors import StorageUnavailable, TooManyStreams
from locksley.domain.order import Order
from locksley.order_db.port import OrderDb, OrderFilter, OrderUpdate, Page
from locksley.orders.booking import channel_of

MS_PER_SECOND = 1_000
UPDATES_PER_READ_MAX = 500
SNAPSHOT_ORDERS_MAX = 100


class Reset(msgspec.Struct, frozen=True):
    """What the reader missed is no longer kept: forget what you know, here is how it stands (newest first) as of `number`."""

    number: int
    orders: Sequence[Order]


class OrderUpdates:
    def __init__(
        self, orders: OrderDb, bus: Bus, *, poll_ms: int, heartbeat_ms: int, streams_per_person_max: int
    ) -> None:
        self._orders = orders
        self._bus = bus
        self._poll_ms = poll_ms
        self._heartbeat_ms = heartbeat_ms
        self._streams_per_person_max = streams_per_person_max
        self._waiting: dict[str, dict[asyncio.Event, None]] = {}
        self._places_taken: dict[str, int] = {}

    def take_place(self, user_id: str) -> None:
        """Before a stream is answered; `leave_place` gives it back. Raises `TooManyStreams`."""
        taken = self._places_taken.get(user_id, 0)
        if taken >= self._streams_per_person_max:
            raise TooManyStreams
        self._places_taken[user_id] = taken + 1

    def leave_place(self, user_id: str) -> None:
        left = self._places_taken.pop(user_id) - 1
        if left:
            self._places_taken[user_id] = left

    async def stream(
        self, user_id: str, last_number: int | None
    ) -> AsyncGenerator[Sequence[OrderUpdate] | Reset, None]:
        """Every update after `last_number` (None: from now on), in order, for ever, to who has taken a place. An empty sequence is a
        heartbeat."""
        news = asyncio.Event()
        try:
            await self._register(user_id, news)
            oldest, newest = await self._orders.update_range(user_id)
            number = newest if last_number is None else last_number
            if not oldest - 1 <= number <= newest:
                reset = await self._reset(user_id)
                number = reset.number
                yield reset
            while True:
                news.clear()
                updates = await self._orders.updates_after(user_id, number, UPDATES_PER_READ_MAX)
                if updates and updates[0].number != number + 1:  # a slow reader, and the next ones are forgotten
                    reset = await self._reset(user_id)
                    number = reset.number
                    yield reset
                elif updates:
                    number = updates[-1].number
                    yield updates
                elif not await self._heard(news):
                    yield ()
        finally:
            await self._leave(user_id, news)

    async def run(self) -> None:
        """Wake whoever has news in the database, in case a hint was lost."""
        cursor = -1
        while True:
            try:
                # Whoever begins to wait reads the database first: what changed before is nobody's news.
                cursor, people = await self._orders.people_with_updates_after(cursor if self._waiting else -1)
                for user_id in sorted(people):
                    self._wake(user_id)
            except StorageUnavailable:
                pass  # the next round reads what this one could not
            await asyncio.sleep(self._poll_ms / MS_PER_SECOND)

    async def _reset(self, user_id: str) -> Reset:
        _, newest = await self._orders.update_range(user_id)
        return Reset(newest, await self._orders.orders(user_id, OrderFilter(), Page(SNAPSHOT_ORDERS_MAX)))

    async def _heard(self, news: asyncio.Event) -> bool:
        """Whether there may be news within a heartbeat."""
        try:
            async with asyncio.timeout(self._heartbeat_ms / MS_PER_SECOND):
                return await news.wait()
        except TimeoutError:
            return False

    async def _register(self, user_id: str, news: asyncio.Event) -> None:
        streams = self._waiting.setdefault(user_id, {})
        streams[news] = None
        if len(streams) == 1:
            await self._bus.subscribe(channel_of(user_id), self._on_hint)

    async def _leave(self, user_id: str, news: asyncio.Event) -> None:
        streams = self._waiting[user_id]
        del streams[news]
        if not streams:
            del self._waiting[user_id]
            await self._bus.unsubscribe(channel_of(user_id), self._on_hint)

    def _on_hint(self, channel: str, _payload: bytes) -> None:
        self._wake(channel.partition(":")[2])

    def _wake(self, user_id: str) -> None:
        for news in self._waiting.get(user_id, ()):
            news.set()
