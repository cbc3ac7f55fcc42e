"""Bars of made-up stocks, as many as a large market has: a year of minutes, the hours of that year, ten years of days.

Some symbols are made up in full; the others are given the same packed bars under their own names, so that the size on disk is right
and the making does not take hours.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import apsw

from locksley.bar_store.packing import pack
from locksley.bar_store.sqlite.schema import connect, migrate
from locksley.bar_store.sqlite.spans import span_of
from locksley.domain.bar import Bar, Size, folded
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day

MADE_UP_IN_FULL = 20
OPENS_MINUTE, MINUTES_PER_DAY = 570, 390
TODAY = market_day(1_795_186_800_000)  # 2026-11-20, a Friday
NOW_MS = day_starts_ms(TODAY) + 16 * HOUR_MS


class Sizes(NamedTuple):
    symbols: int
    minute_days: int
    days: int


def weekdays(count: int) -> list[int]:
    """The last so many, oldest first."""
    days: list[int] = []
    day = TODAY
    while len(days) < count:
        if (day - 1) % 7 < 5:
            days.append(day)
        day -= 1
    return days[::-1]


def minutes_of(seed: int, days: int) -> list[Bar]:
    """About one in forty minutes has no trade; most prices are whole cents."""
    random = Random(seed)
    price_e4, volume_mean = random.randrange(50_000, 9_000_000, 100), random.uniform(6, 10)
    bars: list[Bar] = []
    for day in weekdays(days):
        first = day_starts_ms(day) // 60_000 + OPENS_MINUTE
        for minute in range(first, first + MINUTES_PER_DAY):
            if random.random() < 0.025:
                continue
            bar = _bar(minute, price_e4, random, volume_mean)
            price_e4 = bar.close_e4
            bars.append(bar)
    return bars


def days_of(seed: int, count: int) -> list[Bar]:
    random = Random(seed)
    price_e4, bars = 1_000_000, []
    for day in weekdays(count):
        bar = _bar(day, price_e4, random, 14, 0.012)
        price_e4 = bar.close_e4
        bars.append(bar)
    return bars


def write_store(path: Path, sizes: Sizes, made_up_in_full: int = MADE_UP_IN_FULL) -> int:
    """The file's bytes."""
    connection = connect(str(path))
    migrate(connection)
    connection.execute("PRAGMA journal_mode = OFF")
    patterns = [list(_rows(seed, sizes)) for seed in range(min(made_up_in_full, sizes.symbols))]
    with connection:
        for number in range(sizes.symbols):
            connection.execute("INSERT INTO symbols VALUES (?, ?)", (number + 1, symbol_name(number)))
            rows = [(number + 1, *row) for row in patterns[number % len(patterns)]]
            connection.executemany("INSERT INTO settled VALUES (?, ?, ?, ?)", rows)
            marks = [(number + 1, size) for size in (Size.MINUTE, Size.DAY)]
            connection.executemany("INSERT INTO back_history VALUES (?, ?)", marks)
        connection.execute("INSERT INTO kept VALUES (1, 1, 1, ?, ?, 1)", (NOW_MS, NOW_MS))
    connection.close()
    return path.stat().st_size


def write_rows(path: Path, bars: list[Bar], symbols: int) -> int:
    """The other layout: a row a bar. The file's bytes."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA page_size = 16384")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE bars (symbol_id INTEGER, size INTEGER, at INTEGER, open INTEGER, high INTEGER, low INTEGER, "
        "close INTEGER, volume INTEGER, PRIMARY KEY (symbol_id, size, at)) WITHOUT ROWID"
    )
    with connection:
        for number in range(symbols):
            rows = ((number, Size.MINUTE, *bar) for bar in bars)
            connection.executemany("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def symbol_name(number: int) -> str:
    return f"S{number:04}"


def packed_rows(size: Size, bars: list[Bar]) -> Iterator[tuple[int, int, bytes]]:
    """(size, span, packed bars)"""
    spans: dict[int, list[Bar]] = {}
    for bar in bars:
        spans.setdefault(span_of(size, bar.at), []).append(bar)
    for span, group in spans.items():
        yield int(size), span, pack(group)


def _rows(seed: int, sizes: Sizes) -> Iterator[tuple[int, int, bytes]]:
    minutes = minutes_of(seed, sizes.minute_days)
    yield from packed_rows(Size.MINUTE, minutes)
    yield from packed_rows(Size.HOUR, folded(minutes, lambda at: at // 60))
    yield from packed_rows(Size.DAY, days_of(seed, sizes.days))


def _bar(at: int, price_e4: int, random: Random, volume_mean: float, move: float = 0.0006) -> Bar:
    step_e4 = max(100, int(price_e4 * move))
    open_e4 = _cents(price_e4 + random.gauss(0, step_e4 / 3))
    close_e4 = _cents(open_e4 + random.gauss(0, step_e4))
    high_e4 = _cents(max(open_e4, close_e4) + abs(random.gauss(0, step_e4 / 2)))
    low_e4 = _cents(min(open_e4, close_e4) - abs(random.gauss(0, step_e4 / 2)))
    high_e4, low_e4 = max(high_e4, open_e4, close_e4), min(low_e4, open_e4, close_e4)
    return Bar(at, open_e4, high_e4, low_e4, close_e4, max(1, int(math.exp(random.gauss(volume_mean, 1)))))


def _cents(price_e4: float) -> int:
    return max(10_000, round(price_e4 / 100) * 100)
