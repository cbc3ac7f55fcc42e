"""Daily bars and splits from CSV files, gzip or plain, checked whole before anything is kept.

Reads from the files. Writes nothing. A row that makes no sense stops the reading with its file, line and reason.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO, TypeVar, cast

from locksley.bar_store.port import Split
from locksley.config import ConfigError
from locksley.domain.bar import Bar
from locksley.domain.market_day import EARLIEST_DAY

T = TypeVar("T")

BARS_HEADER = ["date", "symbol", "open", "high", "low", "close", "volume"]
SPLITS_HEADER = ["date", "symbol", "newShares", "oldShares"]
ROWS_MAX = 20_000_000
SYMBOL_CHARS_MAX = 32
PRICE_E4_MAX = 10**13
SPLIT_SHARES_MAX = 10_000
GZIP_MAGIC = b"\x1f\x8b"


def daily_bars(path: Path) -> dict[str, list[Bar]]:
    """By symbol, each in time order; prices in dollars with up to four decimals. Raises `ConfigError`."""
    bars: dict[str, dict[int, Bar]] = {}
    for symbol, bar in _rows(path, BARS_HEADER, _bar):
        if bar.at in bars.setdefault(symbol, {}):
            raise ConfigError(f"{path}: {symbol} has {date.fromordinal(bar.at)} twice; leave one of the two rows out")
        bars[symbol][bar.at] = bar
    return {symbol: [days[day] for day in sorted(days)] for symbol, days in bars.items()}


def splits(path: Path) -> list[Split]:
    """Raises `ConfigError`."""
    found: dict[tuple[str, int], Split] = {}
    for split in _rows(path, SPLITS_HEADER, _split):
        if (split.symbol, split.day) in found:
            day = date.fromordinal(split.day)
            raise ConfigError(f"{path}: {split.symbol} is split twice on {day}; make one row of the two")
        found[split.symbol, split.day] = split
    return list(found.values())


def _rows(path: Path, header: Sequence[str], read: Callable[[Sequence[str]], T]) -> Iterator[T]:
    try:
        with _open(path) as file:
            rows = csv.reader(file)
            if next(rows, None) != header:
                raise ConfigError(f"{path}, line 1: the header must be {','.join(header)}")
            for row in rows:
                if rows.line_num > ROWS_MAX:
                    raise ConfigError(f"{path} has more than {ROWS_MAX:,} rows; import it in parts")
                try:
                    yield read(row)
                except ValueError as error:
                    raise ConfigError(f"{path}, line {rows.line_num}: {error}") from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise ConfigError(f"{path} can not be read: {error}") from None


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(TextIO, gzip.open(path, "rt", newline="")) if is_gzip else path.open(newline="")


def _bar(row: Sequence[str]) -> tuple[str, Bar]:
    if len(row) != len(BARS_HEADER):
        raise ValueError(f"{len(row)} fields; there must be {','.join(BARS_HEADER)}")
    opened, high, low, close = (_price_e4(text) for text in row[2:6])
    if not 0 < low <= min(opened, close) or high < max(opened, close):
        raise ValueError(
            "low, open, close and high do not fit together; low must be above 0 and the least, high the most"
        )
    return _symbol(row[1]), Bar(_day(row[0]), opened, high, low, close, _whole(row[6]))


def _split(row: Sequence[str]) -> Split:
    if len(row) != len(SPLITS_HEADER):
        raise ValueError(f"{len(row)} fields; there must be {','.join(SPLITS_HEADER)}")
    new_shares, old_shares = _whole(row[2]), _whole(row[3])
    if not (0 < new_shares <= SPLIT_SHARES_MAX and 0 < old_shares <= SPLIT_SHARES_MAX):
        raise ValueError(f"a split is of at least one share, into at least one, and of {SPLIT_SHARES_MAX:,} at most")
    return Split(_symbol(row[1]), _day(row[0]), new_shares, old_shares)


def _day(text: str) -> int:
    try:
        day = date.fromisoformat(text).toordinal()
    except ValueError:
        raise ValueError(f"{text!r:.40} is no date; write it as 2000-03-01") from None
    if day < EARLIEST_DAY:
        raise ValueError(f"{text!r:.40} is before {date.fromordinal(EARLIEST_DAY)}; leave it out")
    return day


def _symbol(text: str) -> str:
    if not 0 < len(text) <= SYMBOL_CHARS_MAX or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r:.40} is no symbol")
    return text


def _price_e4(text: str) -> int:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r:.40} is no price; write dollars, as 501.25") from None
    # Its size first: a hundred thousand digits would take long, and a million are more than decimals can have.
    price_e4 = price * 10_000 if price.is_finite() and 0 < price <= PRICE_E4_MAX else Decimal(0)
    if price_e4 != int(price_e4) or not 0 < price_e4 <= PRICE_E4_MAX:
        raise ValueError(f"{text!r:.40} is no price above 0 with up to four decimals")
    return int(price_e4)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(f"{text!r:.40} is no whole number")
    return int(text)
