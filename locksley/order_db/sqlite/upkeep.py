"""What the order database does for clean-up, dead letters and reconciliation, on SQLite."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

import apsw

from locksley.clock import Clock
from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.order_db.port import Applied, AuditRow, Fill, Lease, NotBookable, OrderEvents, Source
from locksley.order_db.sqlite import keys, leases, reconciling, settling, unbooked
from locksley.order_db.sqlite.database import Database
from locksley.order_db.upkeep import (
    Backoff,
    BooksPage,
    Changed,
    DeadLetter,
    KeyCursor,
    Reconciliation,
    Settling,
    Try,
    Unbooked,
    Waiting,
)

T = TypeVar("T")

UNBOOKED_MAX = 10_000


class SqliteUpkeep:
    def __init__(self, database: Database, clock: Clock, updates_kept: int, unbooked_max: int) -> None:
        self._database = database
        self._clock = clock
        self._updates_kept = updates_kept
        self._unbooked_max = unbooked_max

    async def take_lease(self, name: str, holder: str, now_ms: int, lifetime_ms: int) -> Lease | None:
        return await self._database.write(lambda c: leases.take(c, name, holder, now_ms, lifetime_ms))

    async def waiting_orders(self, waiting: Waiting, after: tuple[int, str], limit: int) -> list[Order]:
        return await self._database.read(lambda c: settling.waiting_orders(c, waiting, after, limit))

    async def silent_orders(self, waiting: Waiting, after: str, limit: int) -> list[Order]:
        return await self._database.read(lambda c: settling.silent_orders(c, waiting, after, limit))

    async def note_tries(
        self, tries: Sequence[Try], backoff: Backoff, now_ms: int, lease: Lease | None
    ) -> list[Settling]:
        return await self._fenced(lease, lambda c: settling.note_tries(c, tries, backoff, now_ms))

    async def forget_pauses(self, lease: Lease | None) -> None:
        await self._fenced(lease, settling.forget_pauses)

    async def forget_settled(self, limit: int, lease: Lease | None) -> int:
        return await self._fenced(lease, lambda c: settling.forget_settled(c, limit))

    async def purge_keys(
        self, created_before_ms: int, after: KeyCursor | None, limit: int, lease: Lease | None
    ) -> KeyCursor | None:
        return await self._fenced(lease, lambda c: keys.purge(c, created_before_ms, after, limit))

    async def set_aside(self, change: OrderEvents, source: Source, why: str) -> bool:
        now_ms = self._clock.now_ms()
        return await self._database.write(
            lambda c: unbooked.set_aside(c, change, source, why, now_ms, self._unbooked_max)
        )

    async def unbooked(self, after: int, limit: int) -> list[Unbooked]:
        return await self._database.read(lambda c: unbooked.unbooked(c, after, limit))

    async def lose_feed(self, until: Version) -> None:
        await self._database.write(lambda c: unbooked.lose_feed(c, until))

    async def feed_losses(self) -> tuple[int, int]:
        return await self._database.read(unbooked.feed_losses)

    async def made_good(self, losses: int, lease: Lease | None) -> None:
        await self._fenced(lease, lambda c: unbooked.made_good(c, losses))

    async def dead_letters(self, after: str, limit: int) -> list[DeadLetter]:
        return await self._database.read(lambda c: settling.dead_letters(c, after, limit))

    async def dead_letter(self, order_id: str) -> DeadLetter | None:
        return await self._database.read(lambda c: settling.dead_letter(c, order_id))

    async def discard(self, letter: DeadLetter, reason: str, source: Source) -> Applied:
        now_ms = self._clock.now_ms()
        try:
            return await self._database.write(
                lambda c: settling.discard(c, letter, reason, source, now_ms, self._updates_kept)
            )
        except apsw.ConstraintError as error:
            raise NotBookable(str(error)) from error

    async def audit_trail(self, order_id: str) -> list[AuditRow]:
        return await self._database.read(lambda c: reconciling.audit_trail(c, order_id))

    async def changed_between(self, from_ms: int, to_ms: int, after: tuple[int, int], limit: int) -> list[Changed]:
        return await self._database.read(lambda c: reconciling.changed_between(c, from_ms, to_ms, after, limit))

    async def orders_by_id(self, order_ids: Collection[tuple[str, str]]) -> dict[str, Order]:
        return await self._database.read(lambda c: reconciling.orders_by_id(c, order_ids))

    async def owners(self, order_ids: Collection[str]) -> Mapping[str, str]:
        return await self._database.read(lambda c: reconciling.owners(c, order_ids))

    async def fills_by_key(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Fill]:
        return await self._database.read(lambda c: reconciling.fills_by_key(c, keys))

    async def fills_of_order(self, user_id: str, order_id: str) -> list[Fill]:
        return await self._database.read(lambda c: reconciling.fills_of_order(c, user_id, order_id))

    async def wrong_books(self, after: str, people: int) -> BooksPage:
        return await self._database.read(lambda c: reconciling.wrong_books(c, after, people))

    async def keep_reconciliation(self, found: Reconciliation, kept: int, lease: Lease | None) -> None:
        await self._fenced(lease, lambda c: reconciling.keep_reconciliation(c, found, kept))

    async def reconciliation(self, day: str) -> Reconciliation | None:
        return await self._database.read(lambda c: reconciling.reconciliation(c, day))

    async def _fenced(self, lease: Lease | None, work: Callable[[apsw.Connection], T]) -> T:
        def fenced(connection: apsw.Connection) -> T:
            leases.fence(connection, lease)
            return work(connection)

        return await self._database.write(fenced)
