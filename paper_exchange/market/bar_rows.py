"""Daily bars from a CSV file, gzip or plain, checked whole.

Reads from the file, once, at the start; writes nothing. A file that cannot be used stops the start with the line and the reason.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from paper_exchange.market.companies import LISTED_MAX
from paper_exchange.market.errors import MarketError
from paper_exchange.market.port import Bar
from paper_exchange.market.tape_file import numbered_lines
from paper_exchange.market.tape_rows import RowError, price_e4, symbol_of, whole

BARS_HEADER = b"date,symbol,open,high,low,close,volume"
ROWS_MAX = 2_000_000
NS_PER_S = 1_000_000_000


def bars_of_file(path: Path) -> dict[str, dict[date, Bar]]:
    """By symbol and date, dates ascending within a symbol; a bar's `at_ns` is midnight UTC of its date."""
    bars: dict[str, dict[date, Bar]] = {}
    latest: dict[str, date] = {}
    for number, line in numbered_lines(path, BARS_HEADER, may_be_plain=True):
        try:
            day, symbol, bar = bar_of(line.split(b","))
        except RowError as wrong:
            raise MarketError(f"{path}, line {number}: {wrong}") from None
        if symbol in latest and day <= latest[symbol]:
            raise MarketError.in_file(
                path,
                number,
                f"{symbol} goes back from {latest[symbol]} to {day}",
                "sort each symbol's rows by date, one a day",
            )
        if number > ROWS_MAX or len(bars) > LISTED_MAX:
            raise MarketError.in_file(
                path, number, f"more than {ROWS_MAX} rows or {LISTED_MAX} symbols", "give a smaller file"
            )
        latest[symbol] = day
        bars.setdefault(symbol, {})[day] = bar
    if not bars:
        raise MarketError.in_file(path, 1, "no rows after the header", "give a file with at least one daily bar")
    return bars


def bar_of(fields: Sequence[bytes]) -> tuple[date, str, Bar]:
    if len(fields) != 7:
        raise RowError(f"{len(fields)} fields; each row must be {BARS_HEADER.decode()}")
    day = _date(fields[0])
    opened, high, low, close = (price_e4(field) for field in fields[2:6])
    if not 0 < low <= min(opened, close) or high < max(opened, close):
        raise RowError(
            "low, open, close and high do not fit together; low must be above 0 and the least, high the most"
        )
    at_ns = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS_PER_S
    return day, symbol_of(fields[1]), Bar(at_ns, opened, high, low, close, whole(fields[6]))


def _date(field: bytes) -> date:
    try:
        day = date.fromisoformat(field.decode("ascii"))
    except ValueError:
        day = None
    if day is None or not 1971 <= day.year <= 2261:
        raise RowError(f"{field[:40]!r} is no date; write it as 2000-03-01, not before 1971")
    return day
