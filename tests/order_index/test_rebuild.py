"""The index is a cache: from the database it comes back whole, or, when it was whole, at least everything open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from locksley.clock import ManualClock
from locksley.domain.events import Accepted
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_index import rebuild
from locksley.order_index.memory import MemoryOrderIndex
from locksley.order_index.port import OrderIndex, Owner
from locksley.order_index.rocksdb import RocksOrderIndex
from tests.domain.orders import NOW_MS, an_order
from tests.order_db.people import open_account
from tests.order_db.sqlite_file import running
from tests.order_db.steps import apply, fill, place


@pytest.fixture
async def orders(tmp_path: Path) -> AsyncIterator[SqliteOrderDb]:
    """Of each of two people: one filled, one open, one that the exchange has not answered yet."""
    async with running(tmp_path / "db") as database:
        orders = SqliteOrderDb(database, ManualClock(NOW_MS), key_lifetime_ms=1, updates_kept=100)
        for user_id in ("ann", "bob"):
            await open_account(database, user_id)
            for n in range(3):
                await place(orders, an_order(user_id=user_id, order_id=f"{n}-{user_id}", num_shares=1))
            await apply(orders, an_order(user_id=user_id, order_id=f"0-{user_id}"), fill(1, f"filled-{user_id}"))
            await apply(orders, an_order(user_id=user_id, order_id=f"1-{user_id}"), Accepted(f"open-{user_id}"))
        yield orders


@pytest.mark.parametrize("page", [1, 2, 10_000])
async def test_whole(orders: SqliteOrderDb, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "ORDERS_PER_PAGE", page)
    index = MemoryOrderIndex()
    index.put_many([("stale", Owner("gone", "gone"))])
    assert await rebuild.rebuild(index, orders) == 4
    assert index.is_whole
    assert index.get_many(["filled-ann", "open-ann", "filled-bob", "open-bob", "stale"]) == [
        Owner("0-ann", "ann"),
        Owner("1-ann", "ann"),
        Owner("0-bob", "bob"),
        Owner("1-bob", "bob"),
        None,
    ]


@pytest.mark.parametrize("page", [1, 2, 10_000])
async def test_open_only(orders: SqliteOrderDb, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "ORDERS_PER_PAGE", page)
    index = MemoryOrderIndex()
    index.put_many([("older", Owner("kept", "ann"))])
    index.mark_whole()
    assert await rebuild.rebuild(index, orders) == 2
    assert index.get_many(["open-ann", "open-bob", "filled-ann", "older"]) == [
        Owner("1-ann", "ann"),
        Owner("1-bob", "bob"),
        None,
        Owner("kept", "ann"),
    ]


async def test_a_damaged_tree_comes_back_from_the_database(orders: SqliteOrderDb, tmp_path: Path) -> None:
    index: OrderIndex = RocksOrderIndex(tmp_path / "index")
    await rebuild.rebuild(index, orders)
    index.close()
    (tmp_path / "index" / "CURRENT").unlink()
    index = RocksOrderIndex(tmp_path / "index")
    assert await rebuild.rebuild(index, orders) == 4
    assert index.get_many(["filled-bob"]) == [Owner("0-bob", "bob")]
    index.close()


async def test_a_rebuild_that_broke_off_begins_again(orders: SqliteOrderDb) -> None:
    class BreaksOff(MemoryOrderIndex):
        def mark_whole(self) -> None:
            raise RuntimeError("killed")

    index = BreaksOff()
    with pytest.raises(RuntimeError):
        await rebuild.rebuild(index, orders)
    assert not index.is_whole
