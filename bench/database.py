"""SQLite: who runs the statements, who waits for the disk. Orders a second, and for how long the event loop stood still meanwhile."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec
import uvloop

from bench.figures import figure, quantile
from bench.people import CASH_CENTS, NO_PASSWORD, run_inline
from bench.report import Report, Table
from locksley.clock import SystemClock
from locksley.domain.events import Accepted, Event, Execution, Filled
from locksley.domain.order import Order, OrderType, Side
from locksley.order_db.port import OrderEvents, Source
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people.port import Person

PEOPLE = 200
IN_FLIGHT = (1, 8, 32, 128)
BUSY_MS = 1.0
IDLE_MS = 1.0  # whole milliseconds: the loop takes half of one for none, and comes to nothing else
PROBE_MS = 1.0
FIRST_ORDER_S_MAX = 30.0
SOURCE = Source("bench")

AS_WE_DO = "statements on the loop, COMMIT in a thread"
INLINE = "everything on the loop"
IN_THREAD = "everything in a writer thread"


class ThreadedDatabase(Database):
    """The usual way: a thread that owns the connection runs whole groups; the loop hears when one is done."""

    executor: ThreadPoolExecutor

    async def _commit_group(self) -> None:
        group = self._take_group()
        if not group:
            return
        await asyncio.get_running_loop().run_in_executor(self.executor, self._run_group, group)
        for entry in group:
            entry.settle()

    def _run_group(self, group: list[Any]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        for entry in group:
            self._attempt(entry)
        self._commit()


class DatabaseRun(NamedTuple):
    orders_per_second: float
    cpu_us_per_order: float
    stall_p99_ms: float
    stall_max_ms: float


@contextlib.contextmanager
def opened(style: str, journal: str) -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as name, ThreadPoolExecutor(1, "commit") as executor:
        path = Path(name) / "orders.sqlite"

        async def in_thread(commit: Callable[[], None]) -> None:
            await asyncio.get_running_loop().run_in_executor(executor, commit)

        kind = ThreadedDatabase if style == IN_THREAD else Database
        database = kind(path, run_inline if style == INLINE else in_thread, batch_max=512, waiting_max=20_000)
        if isinstance(database, ThreadedDatabase):
            database.executor = executor
        if journal != "wal":
            _change_journal(database, path, journal)
        try:
            yield database
        finally:
            database.close()


def _change_journal(database: Database, path: Path, journal: str) -> None:
    """SQLite leaves WAL only while nobody else has the file open."""
    database._reader.close()
    database._writer.execute(f"PRAGMA journal_mode = {journal}").fetchall()
    database._reader = apsw.Connection(str(path))


class Orders:
    """Each order's way through the database: placed and held, submitted, filled. Three durable writes."""

    def __init__(self, database: Database) -> None:
        self._db = SqliteOrderDb(database, SystemClock(), key_lifetime_ms=86_400_000, updates_kept=1_000)
        self.done = 0
        self.stopped = False
        self.first_done = asyncio.Event()

    async def keep_coming(self, lane: int) -> None:
        number = 0
        while not self.stopped:
            await self._one(f"{lane:04}-{number:08}", f"bench-{(lane + number) % PEOPLE}")
            self.done += 1
            self.first_done.set()
            number += 1

    async def _one(self, order_id: str, user_id: str) -> None:
        order = _order(order_id, user_id)
        external_id = f"X{order_id}"
        await self._db.place(order, None, SOURCE)
        await self._apply(order, Accepted(external_id))
        await self._apply(order, Filled(Execution(f"T{order_id}", 1, 1, 1_000_000, 1, 0), external_id))

    async def _apply(self, order: Order, event: Event) -> None:
        await self._db.apply([OrderEvents(order.order_id, order.user_id, [event])], SOURCE)


class Loop:
    """Other work on the event loop: half of the time it is busy. And a probe that notes how late it is woken."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.busy_cpu_s = 0.0

    async def be_busy(self) -> None:
        while True:
            began_cpu_s, until = time.thread_time(), time.perf_counter() + BUSY_MS / 1000
            while time.perf_counter() < until:
                pass
            self.busy_cpu_s += time.thread_time() - began_cpu_s
            await asyncio.sleep(IDLE_MS / 1000)

    async def probe(self) -> None:
        while True:
            due = time.perf_counter() + PROBE_MS / 1000
            await asyncio.sleep(PROBE_MS / 1000)
            self.late_ms.append((time.perf_counter() - due) * 1000)


async def _measure(style: str, journal: str, in_flight: int, seconds: float, busy: bool) -> DatabaseRun:
    with opened(style, journal) as database:
        writing = asyncio.create_task(database.run())
        await _sign_up(database)
        orders, loop = Orders(database), Loop()
        others = [asyncio.create_task(loop.probe()), *([asyncio.create_task(loop.be_busy())] if busy else [])]
        lanes = [asyncio.create_task(orders.keep_coming(lane)) for lane in range(in_flight)]
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        async with asyncio.timeout(FIRST_ORDER_S_MAX):
            await orders.first_done.wait()  # a slow disk and a short run: no rate comes of no order
        done, elapsed_s = orders.done, time.perf_counter() - began_s
        cpu_s = time.process_time() - began_cpu_s - loop.busy_cpu_s
        orders.stopped = True
        await asyncio.gather(*lanes)
        for other in others:
            other.cancel()
        database.stop()
        await writing
    late = sorted(loop.late_ms)
    return DatabaseRun(done / elapsed_s, cpu_s * 1_000_000 / max(1, done), quantile(late, 0.99), late[-1])


async def _sign_up(database: Database) -> None:
    people_db = SqlitePeopleDb(database)
    for number in range(PEOPLE):
        name = f"bench-{number}"
        person = Person(user_id=name, email=f"{name}@locksley.example", password_hash=NO_PASSWORD, created_at_ms=0)
        await people_db.add(person, CASH_CENTS)


def _order(order_id: str, user_id: str) -> Order:
    return msgspec.structs.replace(_ORDER, order_id=order_id, user_id=user_id)


_ORDER = Order(
    order_id="",
    user_id="",
    side=Side.BUY,
    symbol="META",
    type=OrderType.MARKET,
    num_shares=1,
    price_cents=None,
    worst_price_cents=10_500,
    not_after_ms=1_795_359_850_123,
    created_at_ms=1_795_359_845_123,
    updated_at_ms=1_795_359_845_123,
)


def run(
    report: Report, seconds: float, runs: int, in_flight: tuple[int, ...] = IN_FLIGHT, *, rollback: bool = True
) -> None:
    """`rollback`: the rollback journal too, which on some disks takes seconds for an order."""
    styles = [(style, "wal") for style in (AS_WE_DO, INLINE, IN_THREAD)]
    for busy in (True, False):
        journals = [*styles, (AS_WE_DO, "delete")] if busy and rollback else styles
        report.tables.append(_compare(journals, seconds, runs, in_flight, busy))


def _compare(ways: list[tuple[str, str]], seconds: float, runs: int, in_flight: tuple[int, ...], busy: bool) -> Table:
    kept_busy = "kept busy half of the time by other work" if busy else "with no other work"
    table = Table(
        f"an order's three durable writes (placed, submitted, filled), the event loop {kept_busy}, {runs} run(s) in turn",
        ("", "in flight", "orders/s", "of ours", "CPU us an order", "loop late p99 ms", "loop late max ms"),
    )
    for count in in_flight:
        done: dict[tuple[str, str], list[DatabaseRun]] = {way: [] for way in ways}
        for _ in range(runs):
            for style, journal in ways:
                done[style, journal].append(uvloop.run(_measure(style, journal, count, seconds, busy)))
        ours = figure([one.orders_per_second for one in done[AS_WE_DO, "wal"]]).median
        for (style, journal), measured in done.items():
            rate = figure([one.orders_per_second for one in measured])
            table.add(
                style if journal == "wal" else f"{style}, rollback journal",
                count,
                rate,
                f"{rate.median / max(ours, 1):.0%}",
                figure([one.cpu_us_per_order for one in measured]),
                figure([one.stall_p99_ms for one in measured]),
                figure([one.stall_max_ms for one in measured]),
            )
    table.notes.append(
        "WAL and synchronous=FULL unless said otherwise. Late: how long after its millisecond a timer was woken."
    )
    return table
