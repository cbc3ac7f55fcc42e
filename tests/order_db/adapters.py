"""Every adapter that keeps the order database's promises; one more adapter is one more line in `ADAPTERS`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

from locksley.clock import ManualClock
from locksley.order_db.port import OrderDb
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.orders import SqliteOrderDb
from tests.domain.orders import NOW_MS
from tests.order_db import people
from tests.order_db.sqlite_file import running

KEY_LIFETIME_MS = 24 * 3_600_000
UPDATES_KEPT = 200


class Store(Protocol):
    """An order database, and what a test must do to it from outside."""

    orders: OrderDb
    clock: ManualClock

    async def open_account(self, user_id: str, cash_cents: int = people.CASH_CENTS) -> None: ...

    async def freeze(self, user_id: str) -> None: ...

    async def change_audit(self, sql: str) -> None:
        """Run an UPDATE or DELETE on the audit rows as the broker's own user of the database."""
        ...


class SqliteStore:
    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(NOW_MS)
        self.orders: OrderDb = SqliteOrderDb(
            database, self.clock, key_lifetime_ms=KEY_LIFETIME_MS, updates_kept=UPDATES_KEPT
        )
        self._database = database

    async def open_account(self, user_id: str, cash_cents: int = people.CASH_CENTS) -> None:
        await people.open_account(self._database, user_id, cash_cents)

    async def freeze(self, user_id: str) -> None:
        await people.freeze(self._database, user_id)

    async def change_audit(self, sql: str) -> None:
        await self._database.write(lambda connection: connection.execute(sql))


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Store]:
    async with running(folder / "orders.sqlite") as database:
        yield SqliteStore(database)


ADAPTERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {"sqlite": sqlite}
