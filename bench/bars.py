"""Prices and portfolios over time: two layouts of bars; how long a history takes out of a full store; what keeping bars costs."""

import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Callable
from operator import sub
from pathlib import Path
from random import Random
from statistics import mean, stdev
from typing import Any

import apsw
import msgspec

from bench.bar_market import NOW_MS, TODAY, Sizes, minutes_of, packed_rows, symbol_name, write_rows, write_store
from bench.figures import quantile
from bench.processes import child, program
from bench.programs.price_path import STRETCH_S, Measured
from bench.report import Bar as Promise
from bench.report import Report, Table
from locksley import garbage
from locksley.bar_store.packing import unpack
from locksley.bar_store.port import Kept
from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.sqlite.spans import BARS_PER_SPAN
from locksley.bar_store.sqlite.store import SqliteBarStore
from locksley.clock import SystemClock
from locksley.config import Config
from locksley.domain.bar import Bar, Size
from locksley.domain.intervals import INTERVALS, place_at
from locksley.domain.market_day import HOUR_MS, day_starts_ms
from locksley.domain.price import Version
from locksley.domain.ticks import TICK
from locksley.exchange.port import MarketData
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.history.back_history import BackHistory
from locksley.prices.history.keeper import SETTLE_SYMBOLS_AT_ONCE, BarKeeper
from locksley.prices.history.past_prices import BarPrices
from locksley.prices.history.price_history import Asked, PriceHistory
from locksley.web.history import _bar_json

VALUES = 15
FILLS = 10_000
MS_MAX = 50.0
KEEPING_PART_MAX = 0.10
TRADES_PER_S = 2_500


class NoExchange:
    """Everything is in the store."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


async def inline(work: Callable[[], Any]) -> Any:
    return work()


def run(found: Report, sizes: Sizes, seconds: int, requests: int) -> None:
    """`requests`: of each kind of history."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-bars-") as folder:
        found.tables.append(_layouts(Path(folder), min(sizes.minute_days, 252)))
        asyncio.run(_histories(found, Path(folder), sizes, requests))
        asyncio.run(_keeping(found, Path(folder), seconds))


def _layouts(folder: Path, days: int) -> Table:
    table = Table(
        "Two layouts of a year of minutes, 5 symbols",
        ["layout", "bytes a bar", "CPU µs a bar written", "ms to read 25,000"],
    )
    bars = minutes_of(1, days)
    started = time.process_time()
    size = write_rows(folder / "rows.sqlite", bars, 5)
    written_us = (time.process_time() - started) / (5 * len(bars)) * 1e6
    connection = apsw.Connection(str(folder / "rows.sqlite"))
    query = "SELECT at, open, high, low, close, volume FROM bars WHERE symbol_id = 1 AND size = 1 ORDER BY at DESC LIMIT 25000"
    read_ms = _cpu_ms(lambda: [Bar(*row) for row in connection.execute(query)])
    connection.close()
    table.add("a row a bar", size / (5 * len(bars)), written_us, read_ms)
    started = time.process_time()
    for _ in range(5):
        rows = list(packed_rows(Size.MINUTE, bars))
    packed_us = (time.process_time() - started) / (5 * len(bars)) * 1e6
    packed_bytes = sum(len(row[2]) for row in rows) / len(bars)
    newest = rows[-(2 * 25_000 // 380) :]
    table.add("packed, six hours a row", packed_bytes, packed_us, _cpu_ms(lambda: [unpack(row[2]) for row in newest]))
    return table


def _cpu_ms(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1_000)
    return sorted(times)[2]


async def _histories(found: Report, folder: Path, sizes: Sizes, requests: int) -> None:
    file_bytes = write_store(folder / "bars.sqlite", sizes)
    store = SqliteBarStore(folder / "bars.sqlite", inline, Retention(7, 400))
    config = Config(data_dir=folder)
    exchange: MarketData = NoExchange()
    keeper = BarKeeper(store, exchange, config, SystemClock(), Random(1))
    await keeper._begin()
    history = PriceHistory(store, keeper, BackHistory(store, exchange), lambda: NOW_MS, config)
    garbage.look_seldom()  # as the broker does
    title = f"{sizes.symbols:,} symbols, {sizes.minute_days} days of minutes, {sizes.days:,} days: {file_bytes / 1e9:.2f} GB"
    table = Table(title, ["request", "bars", "p50 ms", "p99 ms", "CPU p99 ms"])
    slowest = 0.0
    for range_name in ("1d", "1w", "1m", "1y", "all"):
        for interval in INTERVALS:
            if INTERVALS[interval].size is not Size.SECOND:  # of which none are made up
                count, times, cpu = await _requests(history, sizes, Asked("", range_name, interval), requests)
                slowest = max(slowest, quantile(times, 0.99))
                name = f"{range_name} by {interval}"
                table.add(name, count, quantile(times, 0.5), quantile(times, 0.99), quantile(cpu, 0.99))
    found.tables.append(table)
    found.bars.append(Promise("the slowest kind of history request, ms at p99", slowest, MS_MAX))
    await _portfolio(found, folder, history)
    store.close()


async def _requests(
    history: PriceHistory, sizes: Sizes, asked: Asked, requests: int
) -> tuple[int, list[float], list[float]]:
    """With the answer's JSON made; a symbol is seldom asked for twice. The times are sorted."""
    random, times, cpu, count = Random(2), [], [], 0
    for _ in range(requests):
        symbol = symbol_name(random.randrange(sizes.symbols))
        started, started_cpu = time.perf_counter(), time.process_time()
        shown = await history.show(asked._replace(symbol=symbol), True)
        msgspec.json.encode([_bar_json(timed) for timed in shown.bars])
        times.append((time.perf_counter() - started) * 1_000)
        cpu.append((time.process_time() - started_cpu) * 1_000)
        count = max(count, len(shown.bars))
    return count, sorted(times), sorted(cpu)


async def _portfolio(found: Report, folder: Path, history: PriceHistory) -> None:
    database = Database(folder / "orders.sqlite", inline, batch_max=512, waiting_max=1_000)
    writing = asyncio.create_task(database.run())
    await database.write(_write_books)
    table = Table(f"Value over a year by days, {FILLS:,} fills of ten symbols", ["request", "p50 ms", "most ms"])
    days = [day_starts_ms(day) for day in range(TODAY - 364, TODAY + 1)]
    books = SqlitePortfolioDb(database)
    values = ValueOverTime(books, BarPrices(history), MemoryPriceCache())
    first: list[float] = []
    later: list[float] = []
    for _ in range(VALUES):
        await books.forget_day_ends("ada")
        for times in (first, later):
            started = time.perf_counter()
            await values.at("ada", days)
            await values.now("ada")
            times.append((time.perf_counter() - started) * 1_000)
    table.add("the first, which works out every day", quantile(sorted(first), 0.5), max(first))
    table.add("one after it", quantile(sorted(later), 0.5), max(later))
    found.tables.append(table)
    found.bars.append(Promise("value over a year, the first time, ms at most", max(first), MS_MAX))
    database.stop()
    await writing
    database.close()


def _write_books(connection: apsw.Connection) -> None:
    random = Random(3)
    connection.execute("INSERT INTO transfers VALUES (1, 'ada', 1000000000, 'x', ?)", (day_starts_ms(TODAY - 364),))
    rows = []
    for number in range(FILLS):
        at_ms = day_starts_ms(TODAY - 363) + number * 363 * 86_400_000 // FILLS
        side, cash_cents = ("buy", -50_000) if number % 3 else ("sell", 50_000)
        symbol = symbol_name(random.randrange(10))
        rows.append(
            (number + 1, f"T{number}", "X", "ada", "O", 1, number, symbol, side, 500_000, 10, cash_cents, at_ms, at_ms)
        )
    connection.executemany("INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


# What keeping costs


async def _keeping(found: Report, folder: Path, seconds: int) -> None:
    market = [*("--symbols", "5000"), *("--trades-per-second", str(TRADES_PER_S)), *("--seed", "1")]
    serve = [sys.executable, "-m", "paper_exchange", "serve", "--port", "0", *market, "--until-stdin-closes"]
    with (
        child(*serve) as exchange,
        child(*program("price_path", exchange.hear().rpartition(" ")[2], str(seconds))) as path,
    ):
        measured = msgspec.json.decode(path.hear(), type=Measured)
    storing_us = await _storing(folder / "stored.sqlite", seconds)
    settling_us, settled_bytes = await _settling(folder / "settled.sqlite", seconds)
    plain, more = measured.plain_us, list(map(sub, measured.keeps_us, measured.plain_us))
    taking_us, error_us = mean(more), stdev(more) / math.sqrt(len(more))
    table = Table(
        f"{TRADES_PER_S:,} trades/s of 5,000 symbols, {len(more)} times {STRETCH_S:.2f} s without keeping and with it",
        ["work", "CPU µs a trade", "standard error"],
    )
    table.add("the price path: feed read, day, cache, bus; mean", mean(plain), "")
    table.add("taking trades: more than in the stretch beside it without; mean", taking_us, error_us)
    table.add("storing them, every two minutes", storing_us, "")
    table.add("settling: once an hour, in the writer's thread", settling_us, "")
    keeping_us = taking_us + storing_us
    part, both, error = (us / mean(plain) for us in (keeping_us, keeping_us + settling_us, error_us))
    table.notes.append(f"{settled_bytes:.1f} bytes a trade on the disk once settled")
    table.notes.append(
        f"keeping adds {part:.1%} ± {error:.1%} to the price path, keeping and settling {both:.1%}; ± is a standard error"
    )
    found.tables.append(table)
    found.bars.append(Promise("keeping, as a part of the price path's CPU", part, KEEPING_PART_MAX))


async def _storing(path: Path, seconds: int) -> float:
    """CPU µs a trade, of several calls after the first, by which all symbols are known: as one call and another are not alike."""
    symbols, calls, every_ms = 5_000, 2 if seconds < 60 else 12, Config(data_dir=path.parent).bars_keep_every_ms
    random, store = Random(6), SqliteBarStore(path, inline, Retention(7, 400))
    per_symbol = TRADES_PER_S * every_ms // 1_000 // symbols
    spent_s = 0.0
    for number in range(calls + 1):
        ticks = [(symbol_name(one), random.randbytes(per_symbol * TICK.size)) for one in range(symbols)]
        began_s = time.process_time()
        await store.keep(ticks, Kept(Version(1, number), number * every_ms, 0, number + 1))
        if number:
            spent_s += time.process_time() - began_s
    store.close()
    return spent_s / (calls * symbols * per_symbol) * 1e6


async def _settling(path: Path, seconds: int) -> tuple[float, float]:
    """CPU µs and bytes a trade: an hour of symbols that trade every two seconds, kept as often as the broker does, in rows that are half
    full as they are on the average."""
    symbols, every_ms = 20 if seconds < 60 else 250, Config(data_dir=path.parent).bars_keep_every_ms
    random, store = Random(5), SqliteBarStore(path, inline, Retention(7, 400))
    await _fill_half(store, symbols)
    # The last has begun the next hour: then this one is over.
    for number, began_ms in enumerate(range(NOW_MS, NOW_MS + HOUR_MS + 1, every_ms), 1):
        ticks = {
            symbol_name(one): b"".join(
                TICK.pack(at_ms, 1_000_000 + 100 * random.randint(-50, 50), 100 * random.randint(1, 9))
                for at_ms in sorted(began_ms + random.randrange(every_ms) for _ in range(every_ms // 2_000))
            )
            for one in range(symbols)
        }
        await store.keep(ticks.items(), Kept(Version(1, number), began_ms, NOW_MS, number))
    started = time.process_time()
    while await store.settle(NOW_MS + HOUR_MS, SETTLE_SYMBOLS_AT_ONCE):
        pass
    spent_s = time.process_time() - started
    store.close()
    connection = apsw.Connection(str(path))
    kept_bytes = connection.execute("SELECT sum(length(bars)) FROM settled WHERE size = 0").get
    connection.close()
    count = symbols * HOUR_MS // 2_000
    return spent_s / count * 1e6, float(kept_bytes or 0) / count


async def _fill_half(store: SqliteBarStore, symbols: int) -> None:
    bars = minutes_of(1, 1)
    for number in range(symbols):
        for size in (Size.MINUTE, Size.HOUR, Size.DAY):
            half, end = BARS_PER_SPAN[size] // 2, place_at(size, NOW_MS)
            before = [bar._replace(at=at) for at, bar in zip(range(end - half, end), bars, strict=False)]
            await store.put(symbol_name(number), size, before)
