"""What waits for the order side: trades in sequence, new epochs and losses among them, handed over one after the other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from locksley.domain.price import Trade, Version

TRADES_AT_ONCE_MAX = 1_000


class _NewEpoch(NamedTuple):
    epoch: int


class _Lost(NamedTuple):
    first: Version
    last: Version


class Delivery:
    """`waiting_count` trades are held; whoever adds sees to it that they do not become too many. All up to `position` is handed over."""

    def __init__(
        self,
        on_orders: Callable[[Sequence[Trade], Version], Awaitable[None]],
        on_new_epoch: Callable[[int], Awaitable[None]],
        on_history_lost: Callable[[Version, Version], Awaitable[None]],
    ) -> None:
        self._on_orders = on_orders
        self._on_new_epoch = on_new_epoch
        self._on_history_lost = on_history_lost
        self._items: deque[Trade | _NewEpoch | _Lost] = deque()
        self._added = asyncio.Event()
        self.position = Version(0, 0)

    @property
    def waiting_count(self) -> int:
        return len(self._items)

    def trades(self, trades: Sequence[Trade]) -> None:
        self._items.extend(trades)
        self._added.set()

    def new_epoch(self, epoch: int) -> None:
        self._items.append(_NewEpoch(epoch))
        self._added.set()

    def lost(self, first: Version, last: Version) -> None:
        self._items.append(_Lost(first, last))
        self._added.set()

    async def run(self, moved: asyncio.Event) -> None:
        """Until cancelled; sets `moved` whenever less is waiting."""
        while True:
            await self._added.wait()
            self._added.clear()
            while self._items:
                await self._hand_over()
                moved.set()

    async def _hand_over(self) -> None:
        if isinstance(self._items[0], Trade):
            trades = self._trades_in_front()
            position = trades[-1].version
            await self._on_orders(trades, position)
            self.position = position
            return
        item = self._items.popleft()
        if isinstance(item, _NewEpoch):
            await self._on_new_epoch(item.epoch)
            self.position = Version(item.epoch, 0)
        elif isinstance(item, _Lost):
            await self._on_history_lost(item.first, item.last)
            self.position = item.last

    def _trades_in_front(self) -> list[Trade]:
        trades: list[Trade] = []
        items = self._items
        while items and len(trades) < TRADES_AT_ONCE_MAX and isinstance(items[0], Trade):
            trades.append(items.popleft())  # type: ignore[arg-type]
        return trades
