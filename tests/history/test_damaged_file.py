"""What something else did to the file of bars costs the bars that it hit, and nothing else."""

from pathlib import Path
from typing import Any

import apsw
import pytest
from structlog.testing import capture_logs

from locksley.bar_store.columns import SUM_BYTES, Damaged, key_of
from locksley.bar_store.packing import COMPRESSED_FROM_BARS, COMPRESSED_UNSEALED, PLAIN_UNSEALED, pack, unpack
from locksley.bar_store.sqlite.opening import open_bars
from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.tick_packing import pack_ticks, unpack_ticks
from locksley.domain.bar import Bar, Size
from locksley.domain.errors import StorageUnavailable
from locksley.domain.market_day import market_day
from locksley.domain.ticks import Ticks
from tests.history.desk import PastOfExchange, change, desk, inline
from tests.history.test_odd_trades import _bars
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

HOUR_MS = 3_600_000
KEY = key_of(1, Size.MINUTE, 2)
RETENTION = Retention(7, 400)


def _put_aside(folder: Path) -> list[Path]:
    return list(folder.glob("bars.sqlite.damaged.*Z"))


@pytest.mark.parametrize("count", [1, 2, COMPRESSED_FROM_BARS - 1, COMPRESSED_FROM_BARS, 300])
def test_changed_bytes_are_damage(count: int) -> None:
    bars = pack([Bar(at, 100 + at, 105 + at, 95 + at, 101 + at, 7 * at) for at in range(count)], KEY)
    ticks = pack_ticks(Ticks(*([place + 10**12 for place in range(count)] for _ in range(3))), KEY)
    for packed, read in ((bars, unpack), (ticks, unpack_ticks)):
        for place in range(len(packed)):
            for bit in range(8):
                changed = bytearray(packed)
                changed[place] ^= 1 << bit
                with pytest.raises(Damaged):
                    read(bytes(changed), KEY)
        for length in range(len(packed) - SUM_BYTES):
            with pytest.raises(Damaged):
                read(packed[:length], KEY)
        with pytest.raises(Damaged):
            read(packed, key_of(1, Size.HOUR, 2))
    for layout in (PLAIN_UNSEALED, COMPRESSED_UNSEALED):
        with pytest.raises(Damaged):
            unpack(bytes([layout]) + bars[1:], KEY)


def test_rows_of_before_there_were_checksums_are_read() -> None:
    few = "01020000000a00000000000000640000000000000062020000000000000000016201000000"
    few += "0000000000ff6201000000000000000100620400000000000000010062050000000000000001006201000000000000000701"
    many = "021800000000000000000000006400000000000000789c4b6264800246ec2009ae000720ac8015bf0d8c8415b0135000002ccd02c0"
    ticks = "02000000e803000000000000640000000000000078014bfac2c800018c495c5016c3ff249820eb4f0045ee0425"
    assert unpack(bytes.fromhex(few), KEY) == [Bar(10, 100, 105, 95, 101, 7), Bar(12, 100, 100, 100, 100, 1)]
    assert unpack(bytes.fromhex(many), KEY) == [Bar(at, 100, 105, 95, 100, 7) for at in range(24)]
    assert unpack_ticks(bytes.fromhex(ticks), KEY) == Ticks([1_000, 1_500], [100, 90], [5, -7])


@pytest.mark.parametrize("size", [Size.MINUTE, Size.HOUR, Size.DAY])
async def test_what_a_damaged_row_had_is_made_of_shorter_bars(tmp_path: Path, size: Size) -> None:
    """As shown, and for good when the row is written again: a day is not what traded in its last hour."""
    path = tmp_path / "bars.sqlite"
    intervals = ("1s", "1m", "1h", "1d")
    past = PastOfExchange()
    minutes = range(FRIDAY_MS // 60_000 - 60, FRIDAY_MS // 60_000)
    past.bars_known[Size.MINUTE] = [Bar(at, 50, 60, 40, 55, 10) for at in minutes]
    async with desk(path, past) as at:
        times_ms = [FRIDAY_MS + day * DAY_MS + number * 1_700_000 for day in range(3) for number in range(9)]
        at.keeper.take([trade(n, 100 + n * 7 % 31, n, at_ms=at_ms) for n, at_ms in enumerate(times_ms, 1)])
        await at.reaches(len(times_ms))
        await at.keeper.keep()
        at.keeper.take([trade(28, 90, at_ms=times_ms[-1] + 2 * HOUR_MS)])
        await at.reaches(28)
        await at.settled()
        whole = {interval: await _bars(at, interval) for interval in intervals}
        # What the exchange told of before keeping began has no trades here: for minutes it is lost.
        lost = 60 if size is Size.MINUTE else 0
        change(path, f"UPDATE settled SET bars = x'0102030405' WHERE size = {size:d}")
        assert {interval: await _bars(at, interval) for interval in intervals} == whole | {"1m": whole["1m"][lost:]}
        at.keeper.take([trade(29, 95, 3, at_ms=times_ms[-1] + 2 * HOUR_MS)])
        await at.reaches(29)
        await at.keeper.keep()
        at.keeper.take([trade(30, 200, 1, at_ms=times_ms[-1] + 4 * HOUR_MS)])
        await at.reaches(30)
        await at.settled()
        [day] = (await _bars(at, "1d"))[-1:]
        assert day == (whole["1d"][-1][0], 200, 90, 200, whole["1d"][-1][-1] + 4)
        with capture_logs() as logs:
            assert sum(bar[-1] for bar in await _bars(at, "1h")) == sum(bar[-1] for bar in whole["1h"]) + 4
        assert size is Size.MINUTE or logs == []


async def test_damaged_rows_are_told_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bars.sqlite"
    async with desk(path, PastOfExchange()) as at:
        await at.keep(trade(1, 100), trade(2, 90, symbol="IBM"))
        at.keeper.take([trade(3, 110, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(3)
        await at.settled()
        change(path, "UPDATE settled SET bars = x'0102030405' WHERE symbol_id = 1")
        change(path, "UPDATE fresh SET ticks = CAST(substr(ticks, 1, 7) || x'7f' || substr(ticks, 9) AS BLOB)")
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


async def test_what_is_known_in_part_only_is_lost_with_its_row(tmp_path: Path) -> None:
    """Of the day before keeping began there are a few minutes, and a trade that came late."""
    path = tmp_path / "bars.sqlite"
    past = PastOfExchange()
    today = market_day(FRIDAY_MS)
    past.bars_known[Size.DAY] = [Bar(today - 1, 40, 60, 30, 55, 1_000)]
    past.bars_known[Size.MINUTE] = [Bar((FRIDAY_MS - DAY_MS) // 60_000, 50, 51, 49, 50, 10)]
    async with desk(path, past) as at:
        at.keeper.take([trade(1, 100), trade(2, 52, 1, at_ms=FRIDAY_MS - 120_000)])
        await at.reaches(2)
        await at.keeper.keep()
        at.keeper.take([trade(3, at_ms=FRIDAY_MS + HOUR_MS)])
        await at.reaches(3)
        await at.settled()
        assert len(await _bars(at, "1m")) == 3
        assert [bar[-1] for bar in await _bars(at, "1d")] == [1_000, 200]
        change(path, f"UPDATE settled SET bars = x'0102030405' WHERE size IN ({Size.MINUTE:d}, {Size.DAY:d})")
        assert [bar[:1] for bar in await _bars(at, "1m")] == [(100,), (5_010_000,)]
        assert [bar[-1] for bar in await _bars(at, "1d")] == [200]


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
