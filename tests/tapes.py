"""Recorded tapes and daily bars made for tests, with everything that real ones surprise with."""

import gzip
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DAYS = (date(2012, 11, 2), date(2012, 11, 5))  # Friday and Monday, with the end of daylight saving between them
LEVELS_E4 = {"AIG": 330_000, "SPY": 1_659_500, "AAPL": 3_800_000, "BRK.B": 860_000}
INSTANTS_PER_DAY = 1_200
TRADES_HEADER = "ts_ns,symbol,price,size"
QUOTES_HEADER = "ts_ns,symbol,bid,bid_size,ask,ask_size"
BARS_HEADER = "date,symbol,open,high,low,close,volume"
NS_PER_MS = 1_000_000


class TapeFiles(NamedTuple):
    trades: Path
    quotes: Path


def write_quirky_tape(folder: Path, seed: int) -> TapeFiles:
    """Two days, some 5,000 trades and twice as many quotes.

    Millisecond clock with about half of the trades at the instant before theirs; 04:00 to 20:00 New York; a closing auction after 16:00; a
    block printed away from the market; a few trades outside the quote; locked and crossed quotes, one-sided ones; sub-cent prices up
    to four decimals; a bad print of 0.01; no trades under 100 shares.
    """
    trades, quotes = _Rows(), _Rows()
    random = Random(seed)
    for day in DAYS:
        for at_ns in _instants_ns(day, random):
            _one_instant(at_ns, random, trades, quotes)
        _oddities(day, trades)
    files = TapeFiles(folder / "trades.csv.gz", folder / "quotes.csv.gz")
    write_gzip(files.trades, TRADES_HEADER, trades.sorted())
    write_gzip(files.quotes, QUOTES_HEADER, quotes.sorted())
    return files


def write_daily_bars(path: Path, seed: int, days: int) -> Path:
    """`days` weekdays of three symbols, sorted by symbol as real files are; the last day of one has 500 shares, of another none."""
    random = Random(seed)
    lines = []
    for symbol, level_e4 in (("AAPL", 1_185_600), ("IBM", 1_020_000), ("MSFT", 896_200)):
        close_e4 = level_e4
        for number, day in enumerate(_weekdays(date(2000, 3, 1), days)):
            volume = random.randrange(2_000, 50_000_000)
            if number == days - 1 and symbol != "AAPL":
                volume = 500 if symbol == "IBM" else 0
            open_e4 = close_e4 + 100 * random.randint(-200, 200)
            close_e4 = open_e4 + 100 * random.randint(-300, 300)
            high_e4 = max(open_e4, close_e4) + 100 * random.randint(0, 200)
            low_e4 = min(open_e4, close_e4) - 100 * random.randint(0, 200)
            ohlc = ",".join(map(dollars, (open_e4, high_e4, low_e4, close_e4)))
            lines.append(f"{day},{symbol},{ohlc},{volume}")
    write_gzip(path, BARS_HEADER, lines)
    return path


def write_gzip(path: Path, header: str, lines: list[str]) -> None:
    with gzip.open(path, "wt", encoding="ascii", newline="") as file:
        file.write("\n".join([header, *lines, ""]))


def dollars(price_e4: int) -> str:
    """As real files write them: no more decimals than needed."""
    return f"{price_e4 // 10_000}.{price_e4 % 10_000:04d}".rstrip("0").removesuffix(".")


def moment_ns(day: date, local: time) -> int:
    seconds = int(datetime.combine(day, local.replace(microsecond=0), NEW_YORK).timestamp())
    return seconds * 1_000_000_000 + local.microsecond * 1_000


class _Rows:
    """Lines with their times, sorted in the end without changing the order within an instant."""

    def __init__(self) -> None:
        self._timed: list[tuple[int, str]] = []

    def add(self, at_ns: int, *fields: object) -> None:
        self._timed.append((at_ns, ",".join(map(str, (at_ns, *fields)))))

    def sorted(self) -> list[str]:
        return [line for _, line in sorted(self._timed, key=lambda timed: timed[0])]


def _weekdays(first: date, count: int) -> Iterator[date]:
    day = first
    while count:
        if day.weekday() < 5:
            yield day
            count -= 1
        day += timedelta(days=1)


def _instants_ns(day: date, random: Random) -> list[int]:
    opens_ns = moment_ns(day, time(4))
    length_ms = 16 * 3_600_000
    return sorted(opens_ns + random.randrange(length_ms) * NS_PER_MS for _ in range(INSTANTS_PER_DAY))


def _one_instant(at_ns: int, random: Random, trades: _Rows, quotes: _Rows) -> None:
    symbol = random.choice(list(LEVELS_E4))
    cents_away = LEVELS_E4[symbol] // 100_000
    bid_e4 = LEVELS_E4[symbol] + 100 * random.randint(-cents_away, cents_away)
    ask_e4 = bid_e4 + 100 * random.choice((-1, 0, 0, 1, 1, 1, 1, 2, 3))
    for _ in range(3):
        quotes.add(
            at_ns, symbol, dollars(bid_e4), 100 * random.randint(1, 9), dollars(ask_e4), 100 * random.randint(1, 9)
        )
    if random.random() < 0.01:
        quotes.add(at_ns, symbol, dollars(bid_e4), 100, 0, 0)
    low_e4, high_e4 = sorted((bid_e4, ask_e4))
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        price_e4 = random.choice((bid_e4, ask_e4, (bid_e4 + ask_e4) // 2, low_e4 + random.randint(0, high_e4 - low_e4)))
        if random.random() < 0.03:
            price_e4 = high_e4 + 100 * random.randint(1, 3)
        trades.add(at_ns, symbol, dollars(price_e4), 100 * random.randint(1, 40))


def _oddities(day: date, trades: _Rows) -> None:
    trades.add(moment_ns(day, time(11, 3, 7, 512_000)), "SPY", "167.51", 1_002_300)
    trades.add(moment_ns(day, time(14, 30, 0, 1_000)), "AAPL", "0.01", 100)
    trades.add(moment_ns(day, time(16, 0, 6, 839_000)), "AIG", "33.0375", 262_040)
