"""The people of a simulated world: they place, cancel, list and read, retry what broke, and remember what they were told."""

import asyncio
import random
import uuid
from typing import TYPE_CHECKING

from locksley.domain import errors
from locksley.domain.order import Order, Side, Status
from locksley.order_db.port import OrderFilter, Page, Source
from locksley.orders.request import OrderRequest
from locksley.orders.updates import Reset
from simulation.market import SYMBOLS

if TYPE_CHECKING:
    from simulation.world import World

RETRIES_MAX = 4
PAUSE_S_MAX = 0.6


class ConnectionLost(Exception):
    """The broker died, or was not there, while a request was under way."""


RETRYABLE = (
    ConnectionLost,
    errors.StorageUnavailable,
    errors.ExchangeUnavailable,
    errors.RequestInProgress,
    TimeoutError,
)


class Person:
    def __init__(self, world: "World", user_id: str, chance: random.Random) -> None:
        self.world = world
        self.user_id = user_id
        self.chance = chance
        self.told: dict[str, Order] = {}
        self.told_anew: set[str] = set()
        self.placed_by_key: dict[str, str] = {}
        self.updates: list[int] = []
        self.intents = 0
        self.source = Source(user_id)

    async def trade(self, actions: int) -> None:
        for _ in range(actions):
            await asyncio.sleep(self.chance.uniform(0, PAUSE_S_MAX))
            act = self.chance.choices(
                (self.place, self.place_without_key, self.cancel, self.read, self.list, self.misuse, self.snoop),
                (42, 10, 22, 10, 8, 6, 2),
            )[0]
            self.world.actions += 1
            try:
                await act()
            except (errors.Refusal, ConnectionLost, TimeoutError) as error:
                self.world.expect_failure(error)
            self.world.check()

    # What they do

    async def place(self) -> None:
        """With a key that is kept until there is an answer, however often that takes."""
        if self.chance.random() < 0.15:
            self.world.in_background(self._think_better_of_it())
        request, key = self._request(), str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self.intents += 1
        for _ in range(RETRIES_MAX):
            twice = self.chance.random() < 0.1
            if twice:
                self.world.strike("same_key_twice_at_once")
                self.world.in_background(self._also(request, key))
            try:
                await self._place(request, key)
                return
            except RETRYABLE:
                await asyncio.sleep(self.chance.uniform(0.1, 3))

    async def place_without_key(self) -> None:
        self.intents += 1
        await self._place(self._request(), None)

    async def cancel(self) -> None:
        open_orders = [order for order in self.told.values() if order.is_open]
        if not open_orders:
            return
        pending = [order for order in open_orders if order.status is Status.PENDING]
        order = self.chance.choice(pending if pending and self.chance.random() < 0.5 else open_orders)
        if self.chance.random() < 0.2:
            self.world.strike("cancelled_twice_at_once")
            self.world.in_background(self._cancel_again(order))
        await self._cancel(order)

    async def _think_better_of_it(self) -> None:
        """Cancel what is pending while the answer to its placement is still out."""
        await asyncio.sleep(self.chance.uniform(0, 2))
        pending = [order for order in self.told.values() if order.status is Status.PENDING]
        if pending:
            self.world.strike("cancelled_while_pending")
            await self._cancel_again(pending[-1])

    async def _cancel_again(self, order: Order) -> None:
        await asyncio.sleep(self.chance.choice((0, 0.001, 0.01, 0.5)))
        try:
            await self._cancel(order)
        except (errors.Refusal, ConnectionLost, TimeoutError) as error:
            self.world.expect_failure(error)

    async def _cancel(self, order: Order) -> None:
        try:
            cancelled = await self.world.request(
                lambda: self.world.service.cancel(self.user_id, order.order_id, self.source)
            )
        except errors.OrderClosed as closed:
            self._hear(closed.members["order"])
            return
        self._hear(cancelled.order)
        if cancelled.done and cancelled.order.is_open:
            self.world.violate(f"{order.order_id} was said to be cancelled and is {cancelled.order.status}")

    async def read(self) -> None:
        if self.told:
            order_id = self.chance.choice(list(self.told))
            self._hear(await self.world.request(lambda: self.world.service.order(self.user_id, order_id)))

    async def list(self) -> None:
        orders = await self.world.request(lambda: self.world.service.orders(self.user_id, OrderFilter(), Page(100)))
        for order in orders:
            self._hear(order)

    async def misuse(self) -> None:
        """A key with another body, and numbers that nobody may send."""
        if self.placed_by_key and self.chance.random() < 0.5:
            self.world.strike("same_key_other_body")
            key = self.chance.choice(list(self.placed_by_key))
            try:
                await self._place(OrderRequest(Side.BUY, "KO", 999_983, 1), key)
            except errors.IdempotencyKeyReused:
                return
            except errors.Refusal as error:
                if isinstance(error, RETRYABLE):
                    return
                raise
            self.world.violate(f"a used key took another body: {key}")
            return
        self.world.strike("malformed_input")
        bad = self.chance.choice(
            (
                OrderRequest(Side.BUY, "META", 0),
                OrderRequest(Side.SELL, "META", -5, 100),
                OrderRequest(Side.BUY, "META", 1, -1),
                OrderRequest(Side.BUY, "NO\u0000PE", 1, 100),
                OrderRequest(Side.BUY, "META", 10**30, 100),
            )
        )
        try:
            await self.world.request(lambda: self.world.service.place(self.user_id, bad, None, self.source))
        except (errors.InvalidShares, errors.InvalidPrice, errors.UnknownSymbol, errors.ExchangeUnavailable):
            return
        self.world.violate(f"a malformed order was taken: {bad}")

    async def snoop(self) -> None:
        """At somebody else's order."""
        others = [person for person in self.world.people if person is not self and person.told]
        if not others:
            return
        order_id = self.chance.choice(list(self.chance.choice(others).told))
        try:
            if self.chance.random() < 0.5:
                await self.world.request(lambda: self.world.service.order(self.user_id, order_id))
            else:
                await self.world.request(lambda: self.world.service.cancel(self.user_id, order_id, self.source))
        except errors.NotFound:
            return
        self.world.violate(f"I5 {self.user_id} reached {order_id} of somebody else")

    async def follow(self) -> None:
        """Read one's own order updates for ever, resuming by the last number."""
        while True:
            try:
                await self.world.request(self._follow, timeout_s=None)
            except (ConnectionLost, errors.Refusal) as error:
                self.world.expect_failure(error)
            await asyncio.sleep(0.3)

    async def _follow(self) -> None:
        last = self.updates[-1] if self.updates else 0
        async for news in self.world.broker.broker.order_updates.stream(self.user_id, last):
            if isinstance(news, Reset):
                self.world.violate(f"{self.user_id} was reset to {news.number} after {last}")
                continue
            for update in news:
                if update.number != (self.updates[-1] if self.updates else 0) + 1:
                    self.world.violate(f"{self.user_id} got update {update.number} after {self.updates[-1:]}")
                self.updates.append(update.number)
                self._hear(update.order)

    # How they do it

    def _request(self) -> OrderRequest:
        symbol = self.chance.choice(SYMBOLS)
        side = self.chance.choice((Side.BUY, Side.BUY, Side.SELL))
        shares = self.chance.choice((1, 3, 10, 50, 200))
        if self.chance.random() < 0.4:
            return OrderRequest(side, symbol, shares)
        last_cents = self.world.venue.market.mid_cents(symbol)
        return OrderRequest(side, symbol, shares, max(1, last_cents + self.chance.randrange(-30, 31)))

    async def _also(self, request: OrderRequest, key: str) -> None:
        try:
            await self._place(request, key)
        except (errors.Refusal, ConnectionLost, TimeoutError) as error:
            self.world.expect_failure(error)

    async def _place(self, request: OrderRequest, key: str | None) -> None:
        try:
            answer = await self.world.request(lambda: self.world.service.place(self.user_id, request, key, self.source))
            order = answer.order
        except errors.ExchangeRefused as refused:
            order = refused.members["order"]
        self._hear(order)
        if key is not None and self.placed_by_key.setdefault(key, order.order_id) != order.order_id:
            self.world.violate(f"one key, two orders: {self.placed_by_key[key]} and {order.order_id}")

    def _hear(self, order: Order) -> None:
        """An order never goes back behind what was said of it, and belongs to whoever asked."""
        before = self.told.get(order.order_id)
        if order.user_id != self.user_id:
            self.world.violate(f"I5 {self.user_id} was told of {order.order_id} of {order.user_id}")
        if before is None or order.version > before.version:
            self.told[order.order_id] = order
            self.told_anew.add(order.order_id)
