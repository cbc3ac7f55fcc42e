"""SQLite lets one write at a time, so nobody can come between a read and its move; a trigger plays the one who did."""

from pathlib import Path

import pytest

from locksley.clock import ManualClock
from locksley.domain.events import Accepted
from locksley.order_db.port import NotBookable, Page
from locksley.order_db.sqlite.orders import SqliteOrderDb
from tests.domain.orders import NOW_MS, an_order
from tests.order_db.people import CASH_CENTS, open_account
from tests.order_db.sqlite_file import running
from tests.order_db.steps import apply, fill, money, place

_SOMEBODY_ELSE = """
    CREATE TRIGGER somebody_else AFTER INSERT ON fills
    BEGIN UPDATE orders SET version = version + 1, status = 'cancelled' WHERE order_id = NEW.order_id; END"""


async def test_a_mover_that_lost_moves_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "db") as database:
        orders = SqliteOrderDb(database, ManualClock(NOW_MS), key_lifetime_ms=1, updates_kept=100)
        await open_account(database, "ann")
        order = an_order(num_shares=10)
        await place(orders, order)
        accepted = (await apply(orders, order, Accepted("X1"))).order
        await database.write(lambda c: c.execute(_SOMEBODY_ELSE).fetchall())
        with pytest.raises(NotBookable):
            await apply(orders, order, fill(4, "X1"))
        assert await orders.order("ann", order.order_id) == accepted
        assert await money(orders, "ann") == (CASH_CENTS, 10 * 50_100)
        assert await orders.fills("ann", Page(10)) == []
        assert len(await orders.updates_after("ann", 0, 10)) == 2
