"""Bars computed straight from a tape's file, by other means than the broker's: exact decimals, Python's own dates, one pass an interval."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from locksley.domain.price import Trade

NEW_YORK = ZoneInfo("America/New_York")
UNITS = {"s": 1, "m": 60, "h": 3_600}


class Row(NamedTuple):
    at_ms: int
    symbol: str
    price: Decimal
    size: int
    off_market: bool


class Expected(NamedTuple):
    at_ms: int
    open_cents: int
    high_cents: int
    low_cents: int
    close_cents: int
    volume: int


def rows_of(path: Path) -> list[Row]:
    """Blocks of more than a million shares printed off the market."""
    with gzip.open(path, "rt", newline="") as file:
        return [
            Row(
                int(row["ts_ns"]) // 1_000_000,
                row["symbol"],
                Decimal(row["price"]),
                int(row["size"]),
                int(row["size"]) > 1_000_000,
            )
            for row in csv.DictReader(file)
        ]


def trades_of(rows: list[Row], epoch: int = 1) -> list[Trade]:
    """As the feed tells them."""
    return [
        Trade(
            epoch,
            number,
            f"T{number}",
            row.symbol,
            int(row.price * 10_000),
            row.size,
            row.at_ms,
            row.at_ms,
            (),
            row.off_market,
        )
        for number, row in enumerate(rows, start=1)
    ]


def bars_of(rows: list[Row], symbol: str, interval: str, first_day: date) -> list[Expected]:
    """From `first_day` in New York on."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        if row.symbol == symbol:
            groups.setdefault(start_ms(row.at_ms, interval), []).append(row)
    return list(_expected(groups, first_day))


def _expected(groups: dict[int, list[Row]], first_day: date) -> Iterator[Expected]:
    close: Decimal | None = None
    for at_ms in sorted(groups):
        group = groups[at_ms]
        prices = [row.price for row in group if not row.off_market] or ([close] if close is not None else [])
        if not prices:
            continue
        close = prices[-1]
        if _new_york_day(at_ms) >= first_day:
            figures = [cents(price) for price in (prices[0], max(prices), min(prices), close)]
            yield Expected(at_ms, *figures, sum(row.size for row in group))  # type: ignore[call-arg]


def start_ms(at_ms: int, interval: str) -> int:
    count, unit = int(interval[:-1]), interval[-1]
    if unit in UNITS:
        length_ms = count * UNITS[unit] * 1_000
        return at_ms // length_ms * length_ms
    day = _new_york_day(at_ms)
    if unit == "w":
        day -= timedelta(days=day.weekday())
    return int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp()) * 1_000


def cents(price: Decimal) -> int:
    return int((price * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def _new_york_day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(NEW_YORK).date()
