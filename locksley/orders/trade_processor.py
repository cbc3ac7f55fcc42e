"""The trade processor: finds our orders among all trades, and books their fills.

reads from: the trade feed, in sequence and without gaps; order index. writes to: order db (fills and the feed's position, in one
transaction), the recent trades. If it dies halfway, the feed is read again from the position that was stored; what was booked is passed
over.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import structlog

from locksley.clock import Clock
from locksley.domain.errors import StorageUnavailable
from locksley.domain.events import Event, Filled
from locksley.domain.price import Trade, Version
from locksley.order_db.port import OrderEvents, Source
from locksley.order_db.upkeep import UpkeepDb
from locksley.order_index.port import OrderIndex, Owner
from locksley.orders.booking import Booking
from locksley.orders.evidence import execution_of
from locksley.orders.recent_trades import RecentTrades

log = structlog.get_logger()

_SOURCE = Source("feed")
MS_PER_SECOND = 1_000


class TradeProcessor:
    def __init__(
        self,
        orders: UpkeepDb,
        index: OrderIndex,
        booking: Booking,
        recent_trades: RecentTrades,
        clock: Clock,
        rng: random.Random,
        *,
        position_every_ms: int,
        retry_first_ms: int,
        retry_most_ms: int,
    ) -> None:
        self._orders = orders
        self._index = index
        self._booking = booking
        self._recent_trades = recent_trades
        self._clock = clock
        self._rng = rng
        self._position_every_ms = position_every_ms
        self._retry_first_ms = retry_first_ms
        self._retry_most_ms = retry_most_ms
        self._position_kept_at_ms = 0

    async def on_trades(self, trades: Sequence[Trade], position: Version) -> None:
        """Book the fills in `trades`, which bring the feed to `position`. Returns when they are stored, however long that takes."""
        # Before the index is asked: whoever learns of an order after that finds its trades there.
        self._recent_trades.add(trades)
        await self._until_stored(lambda: self._book(trades, position))

    async def skip_to(self, position: Version) -> None:
        """Go on from `position`: what came before it can not be read any more, so everything open has to be asked about."""
        await self._until_stored(lambda: self._orders.lose_feed(position))
        self._position_kept_at_ms = self._clock.monotonic_ms()

    async def _book(self, trades: Sequence[Trade], position: Version) -> None:
        ours = self._ours(trades)
        await self._booking.wait_for((trade.trade_id, external_id) for trade, external_id, _ in ours)
        changes = self._not_booked(ours)
        if changes:
            await self._booking.book(changes, _SOURCE, position)
        elif self._clock.monotonic_ms() - self._position_kept_at_ms >= self._position_every_ms:
            await self._orders.keep_feed_position(position)
        else:
            return
        self._position_kept_at_ms = self._clock.monotonic_ms()

    async def _until_stored(self, store: Callable[[], Awaitable[object]]) -> None:
        retry_ms = self._retry_first_ms
        while True:
            try:
                await store()
            except StorageUnavailable:
                log.error("the feed waits for the order database", retry_ms=retry_ms)
                await asyncio.sleep(self._rng.uniform(0, retry_ms) / MS_PER_SECOND)
                retry_ms = min(2 * retry_ms, self._retry_most_ms)
            else:
                return

    def _ours(self, trades: Sequence[Trade]) -> list[tuple[Trade, str, Owner]]:
        """Each trade that has an order of ours on a side, with that order's external id and whose it is."""
        sides = [(trade, external_id) for trade in trades for external_id in trade.order_ids]
        owners = self._index.get_many([external_id for _, external_id in sides])
        return [
            (trade, external_id, owner)
            for (trade, external_id), owner in zip(sides, owners, strict=True)
            if owner is not None
        ]

    def _not_booked(self, ours: Sequence[tuple[Trade, str, Owner]]) -> list[OrderEvents]:
        fills: dict[Owner, list[Event]] = {}
        for trade, external_id, owner in ours:
            if not self._booking.has_booked(trade.trade_id, external_id):
                fills.setdefault(owner, []).append(Filled(execution_of(trade), external_id))
        return [OrderEvents(owner.order_id, owner.user_id, events) for owner, events in fills.items()]
