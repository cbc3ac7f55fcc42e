import csv
import gzip
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from locksley.bar_store.port import Split
from locksley.config import ConfigError
from locksley.domain.bar import Bar, Size
from locksley.domain.market_day import market_day
from locksley.domain.money import shown_price_cents
from locksley.domain.ticks import NONE
from locksley.prices.history.bar_files import daily_bars, splits
from locksley.prices.history.import_bars import import_bars
from locksley.prices.history.price_history import Asked
from tests.history.desk import Desk, PastOfExchange, desk
from tests.history.from_file import cents
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade
from tests.tapes import BARS_HEADER, write_daily_bars

SHARED = Path("../shared/data/daily_2000-2013.csv.gz")


class Prices(NamedTuple):
    day: str
    open_cents: int
    close_cents: int
    volume: int


def _file(folder: Path) -> Path:
    """Real daily bars where they are at hand (`../shared/data`), else made-up ones in the same layout."""
    if SHARED.exists():
        return SHARED
    print(f"{SHARED} is missing: made-up bars stand in for it")
    return write_daily_bars(folder / "daily.csv.gz", 1, 400)


async def _told(at: Desk, symbol: str, *, adjusted: bool = False) -> list[Prices]:
    shown = await at.history.show(Asked(symbol, "all", "1d", adjusted), False)
    return [
        Prices(
            date.fromordinal(market_day(timed.at_ms)).isoformat(),
            shown_price_cents(timed.bar.open_e4),
            shown_price_cents(timed.bar.close_e4),
            timed.bar.volume,
        )
        for timed in shown.bars
    ]


async def test_imported_bars_are_those_of_the_file_and_again_the_same(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with gzip.open(path, "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["symbol"] == "IBM"]
    expected = [
        Prices(row["date"], cents(Decimal(row["open"])), cents(Decimal(row["close"])), int(row["volume"]))
        for row in rows
    ]
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        for _ in range(2):
            done = await import_bars(at.store, [path], [])
            assert (done.kept_here, done.splits) == (0, 0)
            assert await _told(at, "IBM") == expected


def _write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]))
    return path


async def test_splits_are_adjusted_when_asked_for(tmp_path: Path) -> None:
    bars = _write(
        tmp_path / "bars.csv",
        BARS_HEADER,
        "2005-02-24,AAPL,88,89,87,88.93,100",
        "2005-02-25,AAPL,88.5,89.25,88,88.99,200",
        "2005-02-28,AAPL,44.68,45,44,44.86,400",
    )
    ratios = _write(tmp_path / "splits.csv", "date,symbol,newShares,oldShares", "2005-02-28,AAPL,2,1")
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        assert (await import_bars(at.store, [bars], [ratios])).splits == 1
        as_recorded = await _told(at, "AAPL")
        assert [day[1:] for day in as_recorded] == [(8_800, 8_893, 100), (8_850, 8_899, 200), (4_468, 4_486, 400)]
        adjusted = await _told(at, "AAPL", adjusted=True)
        assert [day[1:] for day in adjusted] == [(4_400, 4_446, 200), (4_425, 4_450, 400), (4_468, 4_486, 400)]


async def test_days_that_were_kept_here_stay_as_they_are(tmp_path: Path) -> None:
    file = _write(tmp_path / "bars.csv", BARS_HEADER, "2026-11-19,META,1,1,1,1,1", "2026-11-20,META,1,1,1,1,1")
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        at.keeper.take([trade(1, 5_000_000, at_ms=FRIDAY_MS)])
        await at.reaches(1)
        await at.settled()
        done = await import_bars(at.store, [file], [])
        assert (done.bars, done.kept_here) == (1, 1)
        assert [day.close_cents for day in await _told(at, "META")] == [100, 50_000]


async def test_days_that_are_kept_here_take_the_places_of_imported_ones_at_once(tmp_path: Path) -> None:
    """Of a recording that is replayed: the file goes on after the day on which keeping begins."""
    days = [f"2026-11-{day},META,0.0010,0.0020,0.0005,0.0015,1000" for day in (19, 20, 21)]
    file = _write(tmp_path / "bars.csv", BARS_HEADER, *days)
    past = PastOfExchange()
    past.bars_known[Size.MINUTE] = [Bar(FRIDAY_MS // 60_000 - 1, 11, 11, 11, 11, 3)]
    async with desk(tmp_path / "bars.sqlite", past) as at:
        await import_bars(at.store, [file], [])

        async def days_shown(interval: str = "1d") -> list[tuple[int, ...]]:
            return [tuple(timed.bar[1:]) for timed in await at.show("META", "1w", interval)]

        sequence, traded = 0, [(10, 20, 5, 15, 1_000)]
        for day in (0, 1):
            at.keeper.take([trade(sequence + 1, 12, 7, at_ms=FRIDAY_MS + day * DAY_MS)])
            await at.reaches(sequence + 1)
            before = (11, 3) if day == 0 else (12, 0)
            today = (before[0], 12, before[0], 12, 7 + before[1])
            assert await days_shown() == [*traded, today]
            await at.keeper.keep()
            assert await days_shown() == [*traded, today]
            at.keeper.take([trade(sequence + 2, 13, 1, at_ms=FRIDAY_MS + day * DAY_MS + 3_600_000)])
            await at.reaches(sequence + 2)
            traded.append((before[0], 13, before[0], 13, 8 + before[1]))
            assert await days_shown() == traded
            await at.settled()
            assert await days_shown() == traded
            sequence += 2
        assert await days_shown("1w") == [(10, 20, 5, 13, 1_019)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2000-03-01,A,1,2,1", "5 fields"),
        ("1.3.2000,A,1,2,1,1,1", "is no date"),
        ("2000-03-01,A,nan,2,1,1,1", "is no price"),
        ("2000-03-01,A,1.00001,2,1,1,1", "is no price"),
        ("2000-03-01,A,1e400,2,1,1,1", "is no price"),
        ("2000-03-01,A,1e999999,2,1,1,1", "is no price"),
        ("2000-03-01,A,1e-999999,2,1,1,1", "is no price"),
        ("1899-12-31,A,1,2,1,1,1", "is before 1900"),
        ("2000-03-01,A,-1,2,1,1,1", "is no price"),
        ("2000-03-01,A,3,2,1,1,1", "do not fit together"),
        ("2000-03-01,A,1,2,1,1,-1", "is no whole number"),
        ("2000-03-01,,1,2,1,1,1", "is no symbol"),
    ],
)
def test_bad_row_is_told_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    path = _write(tmp_path / "bars.csv", BARS_HEADER, "2000-02-29,A,1,2,1,1,1", row)
    with pytest.raises(ConfigError, match=rf"bars\.csv, line 3: .*{reason}"):
        daily_bars(path)


def test_file_that_is_none_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(ConfigError, match="can not be read"):
            daily_bars(path)
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(BARS_HEADER.encode() + b"\n" * 1_000)[:-9])
    with pytest.raises(ConfigError, match=r"can not be read|fields"):
        daily_bars(broken)
    whole = bytearray(gzip.compress(BARS_HEADER.encode()))
    whole[10] |= 0b110  # a kind of block that there is none of
    broken.write_bytes(whole)
    with pytest.raises(ConfigError, match="can not be read"):
        daily_bars(broken)
    with pytest.raises(ConfigError, match="line 1: the header must be"):
        splits(_write(tmp_path / "splits.csv", BARS_HEADER))
    two = _write(tmp_path / "two.csv", BARS_HEADER, *["2000-03-01,A,1,1,1,1,1"] * 2)
    with pytest.raises(ConfigError, match="twice"):
        daily_bars(two)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["2005-02-28,AAPL,2,1", "2005-02-28,AAPL,3,1"], "twice"),
        (["2005-02-28,AAPL,999999999999999999,1"], "line 2: a split is"),
        (["2005-02-28,AAPL,2,0"], "line 2: a split is"),
    ],
)
def test_splits_that_can_not_be_are_told(tmp_path: Path, rows: list[str], reason: str) -> None:
    path = _write(tmp_path / "splits.csv", "date,symbol,newShares,oldShares", *rows)
    with pytest.raises(ConfigError, match=reason):
        splits(path)


async def test_imported_days_are_not_added_to_those_that_the_exchange_tells_later(tmp_path: Path) -> None:
    file = _write(tmp_path / "bars.csv", BARS_HEADER, "2026-11-18,META,7,8,6,7,10")
    past, today = PastOfExchange(), market_day(FRIDAY_MS)
    past.bars_known[Size.DAY] = [Bar(day, 50_000, 90_000, 10_000, 60_000, 1_000) for day in (today - 2, today - 1)]
    async with desk(tmp_path / "bars.sqlite", past) as at:
        await import_bars(at.store, [file], [])
        at.keeper.take([trade(1, 100)])
        await at.reaches(1)
        volumes = [timed.bar.volume for timed in await at.show("META", "all", "1d")]
        assert volumes == [10, 1_000, 100]


async def test_days_of_before_1970_are_shown_page_by_page(tmp_path: Path) -> None:
    file = _write(
        tmp_path / "bars.csv",
        BARS_HEADER,
        *(f"19{year}-01-02,IBM,7,8,6,7,{year}" for year in ("00", "18", "62", "69", "70", "71")),
    )
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_per_answer_max=2) as at:
        await import_bars(at.store, [file], [])
        assert [timed.bar.volume for timed in await at.show("IBM", "all", "1d")] == [0, 18, 62, 69, 70, 71]


def test_splits_are_read_whole(tmp_path: Path) -> None:
    path = _write(tmp_path / "splits.csv", "date,symbol,newShares,oldShares", "2005-02-28,AAPL,2,1")
    assert splits(path) == [Split("AAPL", date(2005, 2, 28).toordinal(), 2, 1)]


def test_command_imports_and_says_so(tmp_path: Path) -> None:
    bars = _write(tmp_path / "bars.csv", BARS_HEADER, "2000-02-29,A,1,2,1,1,1")
    command = [sys.executable, "-m", "locksley", "import-bars", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run([*command, str(bars)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 daily bars of 1 symbols, 0 splits\n", "")
    refused = subprocess.run([*command, str(tmp_path / "no")], capture_output=True, text=True, check=False, timeout=60)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "can not be read" in refused.stderr


async def test_size_of_what_is_imported_is_days(tmp_path: Path) -> None:
    file = _write(tmp_path / "bars.csv", BARS_HEADER, "2000-02-29,A,1,2,1,1,1")
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        await import_bars(at.store, [file], [])
        for size, count in ((Size.DAY, 1), (Size.HOUR, 0), (Size.MINUTE, 0)):
            found = await at.store.find("A", size, 0, 10**9, 10, lambda _number: NONE)
            assert len(found.bars) == count
