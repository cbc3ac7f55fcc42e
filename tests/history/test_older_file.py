"""A file of bars that an older Locksley wrote."""

from pathlib import Path

import pytest

from locksley.bar_store.sqlite.opening import open_bars
from locksley.bar_store.sqlite.schema import SCHEMA, SYMBOL_BITS
from locksley.bar_store.sqlite.settling import Retention
from locksley.config import ConfigError
from locksley.domain.bar import Size
from tests.history.desk import PastOfExchange, change, desk, inline
from tests.history.test_keeper import _bars
from tests.prices.trades import FRIDAY_MS, trade

HOUR_MS = 3_600_000

AS_SCHEMA_1 = f"""
CREATE TABLE fresh_1 (
    number INTEGER NOT NULL, symbol_id INTEGER NOT NULL, ticks BLOB NOT NULL, PRIMARY KEY (number, symbol_id)
) STRICT, WITHOUT ROWID;
INSERT INTO fresh_1 SELECT place >> {SYMBOL_BITS}, place & {(1 << SYMBOL_BITS) - 1}, ticks FROM fresh;
DROP TABLE fresh;
ALTER TABLE fresh_1 RENAME TO fresh;
PRAGMA user_version = 1;
"""


async def test_trades_that_are_not_settled_are_found_after_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    async with desk(path, PastOfExchange()) as at:
        await at.keep(trade(1, 100), trade(2, 90, symbol="IBM"))
        await at.keep(trade(3, 110), trade(4, 95, 7, symbol="IBM"))
    change(path, AS_SCHEMA_1)
    async with desk(path, PastOfExchange()) as at:
        assert await _bars(at, "1s") == [(100, 110, 100, 110, 200)]
        assert [timed.bar.volume for timed in await at.show("IBM", "all", "1s")] == [107]
        at.keeper.take([trade(5, 120, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(5)
        await at.settled()
        assert await _bars(at, "1h") == [(100, 110, 100, 110, 200), (120, 120, 120, 120, 100)]
        minutes, _ = await at.history.bars("IBM", Size.MINUTE, 0, 2**40, 700)
        assert [bar.volume for bar in minutes] == [107]


def test_file_of_a_newer_locksley_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    open_bars(path, inline, Retention(7, 400)).close()
    change(path, f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(ConfigError, match=f"schema {SCHEMA + 1}.*run the newer one, or move .*bars.sqlite away"):
        open_bars(path, inline, Retention(7, 400))
    assert [file.name for file in tmp_path.iterdir() if "damaged" in file.name] == []
