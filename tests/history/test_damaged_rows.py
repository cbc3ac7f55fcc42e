"""Rows of trades that are not settled yet, changed by something else: settling comes to its end, and what they did not hit is there."""

from pathlib import Path

import apsw
import pytest
from structlog.testing import capture_logs

from locksley.bar_store.sqlite.schema import SYMBOL_BITS
from tests.history.desk import PastOfExchange, change, desk
from tests.history.test_older_file import AS_SCHEMA_1
from tests.prices.trades import FRIDAY_MS, trade

HOUR_MS = 3_600_000
SYMBOLS = ("META", "IBM", "AAPL")

_LOOSEN = """
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, ' BLOB NOT NULL', ''), 'STRICT, ', '') WHERE name = 'fresh';
UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'fresh';
"""


async def _keep_twice(path: Path) -> None:
    """A trade of each symbol in either of two calls."""
    async with desk(path, PastOfExchange()) as at:
        for call in range(2):
            of_call = [trade(3 * call + place, 100 + call, symbol=symbol) for place, symbol in enumerate(SYMBOLS, 1)]
            await at.keep(*of_call)


async def _volumes_once_settled(path: Path) -> tuple[list[int], list[str]]:
    """Of each symbol; and what was logged."""
    with capture_logs() as logs:
        async with desk(path, PastOfExchange()) as at:
            await at.reaches(6)
            at.keeper.take([trade(7, 200, 1, symbol="META", at_ms=FRIDAY_MS + HOUR_MS)])
            await at.reaches(7)
            await at.settled()
            volumes = [sum(timed.bar.volume for timed in await at.show(symbol, "all", "1d")) for symbol in SYMBOLS]
            connection = apsw.Connection(str(path))
            left = [place >> SYMBOL_BITS for (place,) in connection.execute("SELECT place FROM fresh")]
            connection.close()
            assert left == [3]  # what is not over
    return volumes, [str(log["event"]) for log in logs]


async def test_call_that_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(path, "DELETE FROM calls WHERE number = 1")
    assert await _volumes_once_settled(path) == ([101, 100, 100], ["bars_rows_without_call"])


async def test_call_under_a_number_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(path, "UPDATE calls SET number = 3 WHERE number = 1")
    assert await _volumes_once_settled(path) == ([101, 100, 100], ["bars_rows_without_call"])


async def test_call_that_seems_to_be_over(tmp_path: Path) -> None:
    """It is the newest, which is never over: nothing is lost."""
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    async with desk(path, PastOfExchange()) as at:
        await at.reaches(6)
        change(path, "UPDATE calls SET newest_ms = 0 WHERE number = 2")
        await at.settled()
        for symbol in SYMBOLS:
            assert [timed.bar.volume for timed in await at.show(symbol, "all", "1m")] == [200]


async def test_row_that_is_not_where_it_should_be(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(path, f"UPDATE fresh SET place = 3 << {SYMBOL_BITS} | 1 WHERE place = 1 << {SYMBOL_BITS} | 1")
    change(path, f"UPDATE fresh SET place = 2 << {SYMBOL_BITS} | 9 WHERE place = 2 << {SYMBOL_BITS} | 2")
    assert await _volumes_once_settled(path) == ([101, 100, 200], ["bars_row_damaged"])


async def test_row_that_is_seen_but_not_found(tmp_path: Path) -> None:
    """As where the order of the rows is broken; here a trigger keeps it from being taken away by its place."""
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(
        path,
        f"CREATE TRIGGER stuck BEFORE DELETE ON fresh WHEN old.place = 1 << {SYMBOL_BITS} | 2 "
        "AND (SELECT count(*) FROM calls) > 1 BEGIN SELECT raise(IGNORE); END",
    )
    volumes, logged = await _volumes_once_settled(path)
    assert volumes == [201, 200, 200]
    assert logged == ["bars_rows_without_call"]


@pytest.mark.parametrize("ticks", ["NULL", "'trades'", "CAST(x'ff' AS TEXT)", "7"])
async def test_row_of_another_type(tmp_path: Path, ticks: str) -> None:
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(path, _LOOSEN, f"UPDATE fresh SET ticks = {ticks} WHERE place = 1 << {SYMBOL_BITS} | 2")
    volumes, logged = await _volumes_once_settled(path)
    assert volumes == [201, 100, 200]
    assert set(logged) == {"bars_row_damaged"}


async def test_row_of_another_type_does_not_keep_an_older_file_from_being_opened(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    await _keep_twice(path)
    change(path, AS_SCHEMA_1, _LOOSEN, "UPDATE fresh SET ticks = NULL WHERE number = 1 AND symbol_id = 2")
    volumes, _ = await _volumes_once_settled(path)
    assert volumes == [201, 100, 200]
