"""Clean-up: whatever got stuck is asked about at the exchange and settled.

reads from: order db (what is `pending` or `pending_cancel` for too long, what is open and quiet), exchange, both by `Asking`.
writes to: order db. One process does it at a time, under a lease. If it dies halfway, the next sweep starts over: everything it does can
be done twice. What it asked about in vain it asks about again, ever later; after its tries it is a dead letter, and asked about rarely.
"""

import asyncio
import random
from collections.abc import Sequence

import structlog

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import StorageUnavailable
from locksley.domain.order import Order
from locksley.exchange.port import ExchangeError
from locksley.order_db.port import Lease, LeaseLost, Source
from locksley.order_db.upkeep import Backoff, KeyCursor, Try, UpkeepDb, Waiting
from locksley.orders.alarms import Alarms
from locksley.orders.asking import Asked, Asking
from locksley.orders.circuit import Circuit
from locksley.orders.gateway import Gateway
from locksley.orders.leadership import Leadership

log = structlog.get_logger()

_SOURCE = Source("clean-up")
MS_PER_SECOND = 1_000
PAUSE_MS_MIN = 50
FIRST = ""
OLDEST = (-1, "")


class Cleanup:
    def __init__(
        self,
        orders: UpkeepDb,
        asking: Asking,
        gateway: Gateway,
        circuit: Circuit,
        leadership: Leadership,
        alarms: Alarms,
        clock: Clock,
        chance: random.Random,
        config: Config,
    ) -> None:
        self._orders = orders
        self._asking = asking
        self._gateway = gateway
        self._circuit = circuit
        self._leadership = leadership
        self._alarms = alarms
        self._clock = clock
        self._chance = chance
        self._config = config
        self._backoff = Backoff(
            config.retry_first_ms, config.retry_most_ms, config.settle_tries_max, config.dead_letter_every_ms
        )
        self._lease: Lease | None = None
        self._round_trip_from = FIRST
        self._exchange_was_away = True
        self._next_try_at_ms: int | None = None
        self._tidied_at_ms = clock.monotonic_ms()
        self._keys_from: KeyCursor | None = None
        self._wake = asyncio.Event()

    def look_now(self) -> None:
        """Something was lost, and is noted in the database: do not wait for the next round."""
        self._wake.set()

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self.sweep()
                failures = 0
            except (ExchangeError, StorageUnavailable) as error:
                log.warning("clean-up will try again", error=repr(error))
                failures += 1
            try:
                async with asyncio.timeout(self._pause_ms(failures) / MS_PER_SECOND):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def sweep(self) -> None:
        """One round, unless another process has the lease: the unsettled; then everything open if trades were lost, else the next
        batch of what is quiet; now and then the tidying. Raises `ExchangeError`, `StorageUnavailable`."""
        try:
            self._lease = await self._leadership.hold()
            if self._lease is not None:
                await self._sweep()
        except LeaseLost:
            log.warning("another process has taken over clean-up")
            self._leadership.lost()
        except ExchangeError:
            self._exchange_was_away = True
            raise

    async def _sweep(self) -> None:
        if self._exchange_was_away or self._circuit.is_open:
            await self._orders.forget_pauses(self._lease)
        self._next_try_at_ms = None
        await self._sweep_unsettled()
        self._exchange_was_away = False
        losses, made_good = await self._orders.feed_losses()
        if losses > made_good:
            await self._sweep_all_open()
            await self._orders.made_good(losses, self._lease)
        else:
            self._round_trip_from = await self._sweep_quiet_after(self._round_trip_from)
        await self._tidy()

    async def _sweep_unsettled(self) -> None:
        """Page after page, so that orders which can not be settled do not stand before those which can."""
        waiting = self._standing_still(self._config.cleanup_grace_ms)
        after = OLDEST
        for _ in range(self._config.cleanup_batches_max):
            batch = await self._orders.waiting_orders(waiting, after, self._config.cleanup_batch_max)
            await self._settle(batch, overdue=True)
            if len(batch) < self._config.cleanup_batch_max:
                return
            after = (batch[-1].updated_at_ms, batch[-1].order_id)

    async def _sweep_all_open(self) -> None:
        after = FIRST
        while batch := await self._orders.open_orders(after, self._config.cleanup_batch_max):
            await self._settle(batch)
            if len(batch) < self._config.cleanup_batch_max:
                return
            after = batch[-1].order_id

    async def _sweep_quiet_after(self, order_id: str) -> str:
        """Ask about a batch of the open orders that the feed has been silent on; where the next batch starts."""
        waiting = self._standing_still(self._config.silent_order_ms)
        batch = await self._orders.silent_orders(waiting, order_id, self._config.cleanup_batch_max)
        await self._settle(batch)
        return batch[-1].order_id if len(batch) == self._config.cleanup_batch_max else FIRST

    def _standing_still(self, for_ms: int) -> Waiting:
        now_ms = self._clock.now_ms()
        return Waiting(now_ms - for_ms, now_ms + for_ms, now_ms, now_ms + self._config.dead_letter_every_ms)

    async def _settle(self, orders: Sequence[Order], overdue: bool = False) -> None:
        if not overdue:  # what this process is placing at this moment is not in doubt yet
            orders = [order for order in orders if self._gateway.placing(order.order_id) is None]
        asked = await self._asking.ask(orders, _SOURCE, self._lease)
        await self._note_tries([one for one in asked if one.unsettled is not None and (overdue or one.contradicts)])
        self._lease = await self._leadership.still()

    async def _note_tries(self, asked: Sequence[Asked]) -> None:
        if not asked:
            return
        now_ms = self._clock.now_ms()
        tries = [
            Try(one.order.user_id, one.order.order_id, one.order.status, one.unsettled or "", self._chance.random())
            for one in asked
        ]
        for settling in await self._orders.note_tries(tries, self._backoff, now_ms, self._lease):
            if settling.dead_since_ms == now_ms:
                self._alarms.ring("dead_letter", order_id=settling.order_id, why=settling.last_error)
            at_ms = self._clock.monotonic_ms() + settling.next_try_at_ms - now_ms
            self._next_try_at_ms = at_ms if self._next_try_at_ms is None else min(at_ms, self._next_try_at_ms)

    async def _tidy(self) -> None:
        """Forget what has no more meaning: tries of orders that went on, and keys that have expired."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._tidied_at_ms < self._config.tidy_every_ms:
            return
        expired_before_ms = self._clock.now_ms() - self._config.idempotency_key_lifetime_ms
        for _ in range(self._config.tidy_batches_max):
            self._keys_from = await self._orders.purge_keys(
                expired_before_ms, self._keys_from, self._config.tidy_batch_max, self._lease
            )
            if self._keys_from is None:
                break
        await self._orders.forget_settled(self._config.tidy_batch_max, self._lease)
        self._tidied_at_ms = now_ms

    def _pause_ms(self, failures: int) -> float:
        """Until the next round: as configured, or sooner when something has its next try, or after a failure."""
        config = self._config
        if failures:
            bound_ms = min(config.retry_first_ms << min(failures - 1, 16), config.retry_most_ms)
            return PAUSE_MS_MIN + self._chance.uniform(0, bound_ms)
        if self._next_try_at_ms is None:
            return config.cleanup_every_ms
        left_ms = self._next_try_at_ms - self._clock.monotonic_ms()
        return min(max(left_ms, PAUSE_MS_MIN), config.cleanup_every_ms)
