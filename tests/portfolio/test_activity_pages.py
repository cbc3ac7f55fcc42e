"""Pages of fills and transfers: each of them once, whatever the clock did while they were booked."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from locksley.order_db.port import Fill as Booked
from locksley.order_db.sqlite.activity import SqliteActivityDb
from locksley.order_db.sqlite.database import Database
from locksley.portfolio.activity import ActivityLog, Entry
from locksley.portfolio.port import ActivityPage
from locksley.web import activity_csv
from locksley.web.account import _activity_json
from tests.people.database import open_database
from tests.portfolio.books import Fill, Paid, write


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "orders.sqlite") as database:
        yield database


async def _pages(database: Database, page: ActivityPage | None) -> list[list[Entry]]:
    log, pages = ActivityLog(SqliteActivityDb(database)), []
    while page is not None:
        activity = await log.page("ada", page)
        pages.append(list(activity.entries))
        page = activity.next
    return pages


def _ids(entries: list[Entry]) -> list[str]:
    return [f"fill {one.fill_id}" if isinstance(one, Booked) else f"transfer {one.transfer_id}" for one in entries]


def _bought(at_ms: int) -> Fill:
    return Fill(at_ms, "META", 1, 10_000)


@pytest.mark.parametrize("symbol", [None, "META"])
async def test_clock_set_back_between_fills(database: Database, symbol: str | None) -> None:
    await write(database, "ada", [Paid(0, 100), *map(_bought, (1_000, 1_001, 997, 998))])
    pages = await _pages(database, ActivityPage(2, symbol=symbol))
    transfer = [] if symbol else [["transfer 1"]]
    assert [_ids(page) for page in pages] == [["fill 4", "fill 3"], ["fill 2", "fill 1"], *transfer]


async def test_clock_set_back_between_transfers(database: Database) -> None:
    await write(database, "ada", [Paid(1_000, 100), Paid(1_001, 200), _bought(1_002), Paid(997, 300), Paid(998, 400)])
    pages = await _pages(database, ActivityPage(2))
    assert [_ids(page) for page in pages] == [["fill 1", "transfer 4"], ["transfer 3", "transfer 2"], ["transfer 1"]]


async def test_newest_first_and_what_was_paid_before_what_it_bought(database: Database) -> None:
    await write(database, "ada", [Paid(10, 100), _bought(10), _bought(20), Paid(30, 100), _bought(30)])
    [page] = await _pages(database, ActivityPage(5))
    assert _ids(page) == ["fill 3", "transfer 2", "fill 2", "fill 1", "transfer 1"]


@pytest.mark.parametrize("seed", range(10))
async def test_each_is_on_one_page_of_any_size(database: Database, seed: int) -> None:
    random = Random(seed)
    moments_ms = [random.randrange(20) for _ in range(40)]
    await write(database, "ada", [random.choice((_bought(at_ms), Paid(at_ms, 100))) for at_ms in moments_ms])
    [whole] = await _pages(database, ActivityPage(100))
    assert len(set(_ids(whole))) == len(whole) == 40
    for limit in (1, 2, 3, 7, 39):
        pages = await _pages(database, ActivityPage(limit))
        assert [entry for page in pages for entry in page] == whole
        assert {len(page) for page in pages[:-1]} == {limit}
        rows = [row["activityId"] for page in pages for row in _csv_rows(page)]
        assert rows == [_activity_json(entry).activity_id for entry in whole]


def _csv_rows(page: list[Entry]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(activity_csv.spreadsheet(map(_activity_json, page)).decode())))
