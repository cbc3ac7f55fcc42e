"""What something else did to the file of bars costs the bars that it hit, and nothing else."""

from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from locksley.bar_store.columns import Damaged
from locksley.bar_store.packing import COMPRESSED_FROM_BARS, pack, unpack
from locksley.bar_store.sqlite.opening import open_bars
from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.tick_packing import pack_ticks, unpack_ticks
from locksley.domain.bar import Bar
from locksley.domain.errors import StorageUnavailable
from locksley.domain.ticks import Ticks
from tests.history.desk import PastOfExchange, desk, inline
from tests.history.test_odd_trades import _bars
from tests.prices.trades import FRIDAY_MS, trade

HOUR_MS = 3_600_000
RETENTION = Retention(7, 400)


def _change(path: Path, statement: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


def _put_aside(folder: Path) -> list[Path]:
    return list(folder.glob("bars.sqlite.damaged.*Z"))


@pytest.mark.parametrize("count", [1, COMPRESSED_FROM_BARS - 1, COMPRESSED_FROM_BARS, 300])
def test_changed_bytes_are_damage_or_other_numbers_and_no_other_error(count: int) -> None:
    bars = pack([Bar(at, 100 + at, 105 + at, 95 + at, 101 + at, 7 * at) for at in range(count)])
    ticks = pack_ticks(Ticks(*([place + 10**12 for place in range(count)] for _ in range(3))))
    for packed, read in ((bars, unpack), (ticks, unpack_ticks)):
        for place in range(len(packed)):
            for bit in range(8):
                changed = bytearray(packed)
                changed[place] ^= 1 << bit
                try:
                    read(bytes(changed))
                except Damaged:
                    continue
        for length in range(len(packed)):
            with pytest.raises(Damaged):
                read(packed[:length])


async def test_damaged_rows_are_told_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    async with desk(path, PastOfExchange()) as at:
        at.keeper.take([trade(1, 100), trade(2, 90, symbol="IBM")])
        await at.reaches(2)
        await at.keeper.keep()
        at.keeper.take([trade(3, 110, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(3)
        await at.settled()
        _change(path, "UPDATE settled SET bars = x'0102030405' WHERE symbol_id = 1")
        _change(path, "UPDATE fresh SET ticks = CAST(substr(ticks, 1, 7) || x'7f' || substr(ticks, 9) AS BLOB)")
        with capture_logs() as logs:
            for interval in ("1s", "1m", "1h", "1d"):
                assert await _bars(at, interval) == []
            at.keeper.take([trade(4, 120, 1, at_ms=FRIDAY_MS + 60_000), trade(5, 130, at_ms=FRIDAY_MS + 2 * HOUR_MS)])
            await at.reaches(5)
            await at.settled()
            at.keeper.take([trade(6, 140, at_ms=FRIDAY_MS + 3 * HOUR_MS)])
            await at.reaches(6)
            await at.settled()
        assert {log["event"] for log in logs} == {"bars_row_damaged"}
        assert (await _bars(at, "1h"))[-3:] == [(120, 120, 120, 120, 1)] + [(n,) * 4 + (100,) for n in (130, 140)]
        assert [timed.bar.volume for timed in await at.show("IBM", "all", "1d")] == [100]


async def test_damage_that_is_found_in_use_is_put_aside_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    async with desk(path, PastOfExchange()) as at:
        at.keeper.take([trade(number, symbol=f"S{number}") for number in range(1, 2_000)])
        await at.reaches(1_999)
        await at.keeper.keep()
    connection = apsw.Connection(str(path))
    root: Any = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'fresh'").get
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 16_384)
        file.write(b"\xff" * 16_384)
    async with desk(path, PastOfExchange()) as at:
        with capture_logs() as logs, pytest.raises(StorageUnavailable):
            await _bars(at, "1d")
        assert [log["event"] for log in logs] == ["bars_damaged"]
    store = open_bars(path, inline, RETENTION)
    assert await store.kept() is None
    store.close()
    again = open_bars(path, inline, RETENTION)
    again.close()
    assert len(_put_aside(tmp_path)) == 1
