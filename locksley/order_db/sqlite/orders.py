"""The order database's port on SQLite."""

from collections.abc import Sequence

import apsw
import msgspec

from locksley.clock import Clock
from locksley.domain.account import Account, Position
from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.order_db.port import (
    Applied,
    AuditRow,
    Fill,
    IdempotencyKey,
    Lease,
    NotBookable,
    OrderEvents,
    OrderFilter,
    OrderUpdate,
    Page,
    Placed,
    Source,
)
from locksley.order_db.sqlite import applying, history, leases, placing
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.rows import (
    ACCOUNT_COLUMNS,
    FILL_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    account_of,
    fill_of,
    order_of,
    position_of,
)
from locksley.order_db.sqlite.upkeep import UNBOOKED_MAX, SqliteUpkeep

MOVES_MAX = 5

_OPEN = "status IN ('pending', 'submitted', 'partially_filled', 'pending_cancel')"


class SqliteOrderDb(SqliteUpkeep):
    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        key_lifetime_ms: int,
        updates_kept: int,
        unbooked_max: int = UNBOOKED_MAX,
    ) -> None:
        super().__init__(database, clock, updates_kept, unbooked_max)
        self._key_lifetime_ms = key_lifetime_ms

    async def place(self, order: Order, key: IdempotencyKey | None, source: Source) -> Placed:
        return await self._database.write(lambda c: placing.place(c, order, key, source, self._key_lifetime_ms))

    async def placed_before(self, user_id: str, key: IdempotencyKey) -> Placed | None:
        expired_before_ms = self._clock.now_ms() - self._key_lifetime_ms
        return await self._database.read(lambda c: placing.placed_before(c, user_id, key, expired_before_ms))

    async def answered(self, user_id: str, key: str, status_code: int) -> None:
        await self._database.write(lambda c: placing.keep_answer(c, user_id, key, status_code))

    async def apply(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied]:
        now_ms = self._clock.now_ms()

        def apply(connection: apsw.Connection) -> list[Applied]:
            leases.fence(connection, lease)
            return applying.apply_all(connection, changes, source, feed_position, now_ms, self._updates_kept)

        for _ in range(MOVES_MAX):
            try:
                return await self._database.write(apply)
            except applying.RowMovedError as error:
                moved = error  # read again, and let it take its events as it is by then
                changes = [msgspec.structs.replace(change, known=None) for change in changes]
            except (applying.UnknownOrderError, apsw.ConstraintError, OverflowError) as error:
                raise NotBookable(f"{type(error).__name__}: {error}") from error
        raise NotBookable(f"{moved} was moved by somebody else, {MOVES_MAX} times") from moved

    async def order(self, user_id: str, order_id: str) -> Order | None:
        found = await self._orders("user_id = ? AND order_id = ?", (user_id, order_id))
        return found[0] if found else None

    async def orders(self, user_id: str, where: OrderFilter, page: Page) -> list[Order]:
        terms, values = ["user_id = ?"], [user_id]
        if where.status is not None:
            terms.append("status = ?")
            values.append(where.status)
        if where.symbol is not None:
            terms.append("symbol = ?")
            values.append(where.symbol)
        if where.idempotency_key is not None:
            terms.append("order_id = (SELECT order_id FROM idempotency_keys k WHERE k.user_id = ? AND k.key = ?)")
            values += [user_id, where.idempotency_key]
        if page.before is not None:
            terms.append("order_id < ?")
            values.append(page.before)
        return await self._orders(f"{' AND '.join(terms)} ORDER BY order_id DESC LIMIT {page.limit}", values)

    async def audit(self, user_id: str, order_id: str) -> list[AuditRow]:
        return await self._database.read(lambda c: history.audit_of_order(c, user_id, order_id))

    async def fills(self, user_id: str, page: Page) -> list[Fill]:
        sql = f"SELECT {FILL_COLUMNS} FROM fills WHERE user_id = ? AND fill_id < ? ORDER BY fill_id DESC LIMIT ?"
        before = int(page.before) if page.before is not None else 1 << 62
        return await self._database.read(
            lambda c: [fill_of(row) for row in c.execute(sql, (user_id, before, page.limit))]
        )

    async def account(self, user_id: str) -> Account | None:
        sql = f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE user_id = ?"
        row = await self._database.read(lambda c: c.execute(sql, (user_id,)).fetchone())
        return account_of(row) if row else None

    async def positions(self, user_id: str) -> list[Position]:
        sql = f"SELECT {POSITION_COLUMNS} FROM positions WHERE user_id = ? AND (shares != 0 OR held_shares != 0)"
        rows = await self._database.read(lambda c: c.execute(sql, (user_id,)).fetchall())
        return [position_of(row) for row in rows]

    async def open_orders(self, after_order_id: str, limit: int) -> list[Order]:
        return await self._orders(f"{_OPEN} AND order_id > ? ORDER BY order_id LIMIT ?", (after_order_id, limit))

    async def accepted_orders(self, after: tuple[str, str], limit: int) -> list[Order]:
        return await self._orders(
            "external_order_id IS NOT NULL AND (user_id, order_id) > (?, ?) ORDER BY user_id, order_id LIMIT ?",
            (*after, limit),
        )

    async def feed_position(self) -> Version | None:
        row = await self._database.read(lambda c: c.execute("SELECT epoch, sequence FROM feed_position").fetchone())
        return Version(*row) if row else None

    async def keep_feed_position(self, position: Version) -> None:
        await self._database.write(lambda c: applying.keep_feed_position(c, position))

    async def updates_after(self, user_id: str, number: int, limit: int) -> list[OrderUpdate]:
        return await self._database.read(lambda c: history.updates_after(c, user_id, number, limit))

    async def update_range(self, user_id: str) -> tuple[int, int]:
        return await self._database.read(lambda c: history.update_range(c, user_id))

    async def people_with_updates_after(self, cursor: int) -> tuple[int, set[str]]:
        return await self._database.read(lambda c: history.people_with_updates_after(c, cursor))

    async def _orders(self, where: str, values: "Sequence[apsw.SQLiteValue]") -> list[Order]:
        sql = f"SELECT {ORDER_COLUMNS} FROM orders WHERE {where}"
        return await self._database.read(lambda c: [order_of(row) for row in c.execute(sql, values)])
