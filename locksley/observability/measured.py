"""Exchange and order database with every call counted and timed. They take the place of the real ones in the wiring.

reads from: the calls that the flows make. writes to: `Tallies`, in memory, which `metrics` tells of. Nothing to repair.
"""

import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from locksley.distribution import SECONDS, SIZES, Distribution
from locksley.domain.errors import Refusal, StorageUnavailable
from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.exchange.port import ExchangeError, Placements, Unreachable
from locksley.observability.in_place import InPlaceOf
from locksley.order_db.port import Applied, IdempotencyKey, Lease, OrderEvents, Placed, Source
from locksley.order_db.upkeep import Settling, UpkeepDb, Waiting

T = TypeVar("T")

EXCHANGE_CALLS = ("place", "cancel", "look_up", "changed_orders", "symbols", "status", "trades", "bars")
BATCHED = frozenset({"place", "cancel", "look_up"})
ROLES = frozenset({"gateway", "feed", "clean-up", "reconcile", "operator"})


class Tallies:
    """What is counted, by its labels; how long and how large, by one."""

    def __init__(self) -> None:
        self.exchange_calls: Counter[tuple[str, str]] = Counter()  # call, outcome
        self.exchange_seconds = {name: Distribution(SECONDS) for name in EXCHANGE_CALLS}
        self.exchange_batches = {name: Distribution(SIZES) for name in sorted(BATCHED)}
        self.orders_stored: Counter[str] = Counter()  # outcome
        self.orders_sent: Counter[str] = Counter()  # outcome
        self.orders_moved: Counter[tuple[str, str]] = Counter()  # status, by
        self.booking_seconds = {name: Distribution(SECONDS) for name in [*sorted(ROLES), "person"]}
        self.group_sizes = Distribution(SIZES)
        self.commit_seconds = Distribution(SECONDS)
        self.sweeps = 0
        self.unsettled = 0
        self.settling_tries = 0
        self.dead_lettered = 0
        self.database_waiting: Callable[[], int] = lambda: 0
        self.exchange_connections: Callable[[], int] = lambda: 0
        self._found = 0

    def found(self, unsettled: int) -> None:
        self._found += unsettled

    def swept(self) -> None:
        self.sweeps += 1
        self.unsettled, self._found = self._found, 0

    def timed_commit(self, run: Callable[[Callable[[], None]], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def commit(work: Callable[[], None]) -> None:
            began_s = time.perf_counter()
            try:
                await run(work)
            finally:
                self.commit_seconds.observe(time.perf_counter() - began_s)

        return commit


class MeasuredExchange:
    """`OrderEntry` and `MarketData`."""

    def __init__(self, exchange: Any, tallies: Tallies) -> None:
        self._tallies = tallies
        for name in EXCHANGE_CALLS:
            setattr(self, name, self._measured(name, getattr(exchange, name)))

    def _measured(self, name: str, call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        calls, seconds = self._tallies.exchange_calls, self._tallies.exchange_seconds[name]
        sizes = self._tallies.exchange_batches.get(name)

        @functools.wraps(call)
        async def measured(*arguments: Any, **named: Any) -> T:
            began_s = time.perf_counter()
            outcome = "answered"
            try:
                answer = await call(*arguments, **named)
                if name == "place":
                    self._count_placements(answer)
                return answer
            except ExchangeError as error:
                outcome = "unreachable" if isinstance(error, Unreachable) else "unknown"
                if name == "place":
                    self._tallies.orders_sent[outcome] += len(arguments[0])
                raise
            finally:
                calls[name, outcome] += 1
                seconds.observe(time.perf_counter() - began_s)
                if sizes is not None:
                    sizes.observe(len(arguments[0]))

        return measured

    def _count_placements(self, answer: Any) -> None:
        if isinstance(answer, Placements):
            refused = sum(1 for item in answer.items if item.order is None)
            self._tallies.orders_sent["refused"] += refused
            self._tallies.orders_sent["accepted"] += len(answer.items) - refused


class MeasuredOrderDb(InPlaceOf[UpkeepDb]):
    def __init__(self, orders: UpkeepDb, tallies: Tallies) -> None:
        super().__init__(orders)
        self._tallies = tallies

    async def place(self, order: Order, key: IdempotencyKey | None, source: Source) -> Placed:
        try:
            placed = await self._real.place(order, key, source)
        except Refusal as refusal:
            self._tallies.orders_stored[refusal.code] += 1
            raise
        self._tallies.orders_stored["replayed" if placed.replayed else "stored"] += 1
        return placed

    async def apply(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied]:
        by = source.actor if source.actor in ROLES else "person"
        began_s = time.perf_counter()
        try:
            applied = await self._real.apply(changes, source, feed_position, lease)
        except StorageUnavailable:
            self._tallies.orders_moved["not stored", by] += len(changes)
            raise
        self._tallies.booking_seconds[by].observe(time.perf_counter() - began_s)
        for one in applied:
            if one.changed:
                self._tallies.orders_moved[one.order.status.value, by] += 1
        return applied

    async def waiting_orders(self, waiting: Waiting, after: tuple[int, str], limit: int) -> list[Order]:
        found = await self._real.waiting_orders(waiting, after, limit)
        self._tallies.found(len(found))
        return found

    async def feed_losses(self) -> tuple[int, int]:
        """Asked once a sweep, once all that is unsettled was seen to."""
        self._tallies.swept()
        return await self._real.feed_losses()

    async def note_tries(self, tries: Any, backoff: Any, now_ms: int, lease: Lease | None) -> list[Settling]:
        noted = await self._real.note_tries(tries, backoff, now_ms, lease)
        self._tallies.settling_tries += len(noted)
        self._tallies.dead_lettered += sum(1 for one in noted if one.dead_since_ms == now_ms)
        return noted
