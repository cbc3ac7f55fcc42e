"""Some days of the recorded daily bars as a file of their own, so that a market of them ends; or days made up in the same layout."""

import csv
import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from tests.tapes import BARS_HEADER, write_daily_bars, write_gzip

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "daily_2000-2013.csv.gz"
SEED = 1


class Bar(NamedTuple):
    day: date
    symbol: str
    open_e4: int
    high_e4: int
    low_e4: int
    close_e4: int
    volume: int


def write_days(path: Path, first: date, days: int, recorded: Path = RECORDED) -> str:
    """Writes the rows of `days` trading days from `first` on, as they are. Says where they come from."""
    if not recorded.exists():
        write_daily_bars(path, SEED, days)
        return f"{recorded} is MISSING: {days} days made up in the same layout"
    with gzip.open(recorded, "rt", newline="") as file:
        header, *lines = file.read().splitlines()
    assert header == BARS_HEADER
    chosen = sorted({line[:10] for line in lines if line[:10] >= first.isoformat()})[:days]
    assert len(chosen) == days, f"{recorded} has {len(chosen)} days from {first} on; ask for fewer or begin earlier"
    write_gzip(path, BARS_HEADER, [line for line in lines if line[:10] in chosen])
    return f"{days} days of {recorded.name}, {chosen[0]} to {chosen[-1]}"


def read_bars(path: Path) -> list[Bar]:
    with gzip.open(path, "rt", newline="") as file:
        return [_bar(row) for row in csv.DictReader(file)]


def _bar(row: dict[str, str]) -> Bar:
    open_e4, high_e4, low_e4, close_e4 = (int(Decimal(row[name]) * 10_000) for name in ("open", "high", "low", "close"))
    day = date.fromisoformat(row["date"])
    return Bar(day, row["symbol"], open_e4, high_e4, low_e4, close_e4, int(row["volume"]))
