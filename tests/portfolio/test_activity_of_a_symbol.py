"""Activity asked for by symbol: its fills, whatever else happened in between, and no look at anything else."""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from locksley.order_db.port import Fill as Booked
from locksley.order_db.sqlite.activity import SqliteActivityDb
from locksley.order_db.sqlite.database import Database
from locksley.portfolio.activity import ActivityLog
from locksley.portfolio.port import ActivityPage
from tests.people.database import open_database
from tests.portfolio.books import Fill, Paid, write

OTHER_FILLS = 2_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "orders.sqlite") as database:
        yield database


async def _shares(database: Database, user_id: str, page: ActivityPage) -> list[list[int]]:
    """Of each page."""
    log, pages, next_page = ActivityLog(SqliteActivityDb(database)), [], page
    while True:
        activity = await log.page(user_id, next_page)
        fills = [entry for entry in activity.entries if isinstance(entry, Booked) and entry.symbol == page.symbol]
        assert len(fills) == len(activity.entries)
        pages.append([fill.num_shares for fill in fills])
        if activity.next is None:
            return pages
        next_page = activity.next


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
async def test_all_fills_of_it_and_nothing_else_newest_first(database: Database, limit: int) -> None:
    for shares in range(1, 6):
        others: list[Fill | Paid] = [Paid(shares * 10, 100), Fill(shares * 10 + 1, "AAPL", 9, 10_000)]
        await write(database, "ada", [*others, Fill(shares * 10 + 2, "META", shares, 10_000)])
        await write(database, "grace", [Fill(shares * 10 + 2, "META", 7, 10_000)])
    pages = await _shares(database, "ada", ActivityPage(limit, symbol="META"))
    assert [shares for page in pages for shares in page] == [5, 4, 3, 2, 1]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


async def test_cursor_of_the_whole_list_goes_on_with_the_symbol(database: Database) -> None:
    await write(database, "ada", [Fill(1, "META", 1, 10_000), Fill(2, "META", 2, 10_000), Fill(3, "AAPL", 3, 10_000)])
    newest = await ActivityLog(SqliteActivityDb(database)).page("ada", ActivityPage(2))
    assert newest.next is not None
    assert await _shares(database, "ada", newest.next._replace(symbol="META")) == [[1]]


@pytest.mark.parametrize("symbol", ["NEVER", "meta", ""])
async def test_symbol_never_traded_has_no_fills(database: Database, symbol: str) -> None:
    await write(database, "ada", [Paid(1, 100), Fill(2, "META", 1, 10_000)])
    assert await _shares(database, "ada", ActivityPage(10, symbol=symbol)) == [[]]


async def test_fills_of_other_symbols_are_not_looked_up(database: Database) -> None:
    """Pages of the database are counted: each fill that is looked up takes one at least."""
    entries = [Fill(at, "AAPL", 1, 10_000) for at in range(OTHER_FILLS)]
    await write(database, "ada", [Fill(0, "META", 1, 10_000), *entries])
    assert await _shares(database, "ada", ActivityPage(100, symbol="META")) == [[1]]  # the schema is read by now
    before = await database.read(_pages_read)
    assert await _shares(database, "ada", ActivityPage(100, symbol="META")) == [[1]]
    assert await database.read(_pages_read) - before < OTHER_FILLS / 10


def _pages_read(connection: apsw.Connection) -> int:
    kinds = (apsw.SQLITE_DBSTATUS_CACHE_HIT, apsw.SQLITE_DBSTATUS_CACHE_MISS)
    return sum(connection.status(kind)[0] for kind in kinds)
