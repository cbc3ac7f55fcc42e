"""One seed: people trade on the real services while every fault strikes; what must hold is checked after every step."""

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import apsw

from locksley.config import Config
from locksley.domain import errors
from locksley.order_index.memory import MemoryOrderIndex
from locksley.orders.service import OrderService
from simulation.books import Books
from simulation.broker import SimulatedBroker
from simulation.clock import SimulatedClock
from simulation.disk import Disk
from simulation.faults import Gremlin
from simulation.loop import ProcessDied, SimulatedLoop
from simulation.network import Network
from simulation.operator import Operator
from simulation.people import ConnectionLost, Person
from simulation.report import Report
from simulation.settling import settle
from simulation.venue import Venue
from simulation.watching import SimulatedWatcher

T = TypeVar("T")

PEOPLE = 4
WATCHERS = 2
CASH_CENTS = 10_000_000
REQUEST_S_MAX = 30.0
MARKET_EVERY_S = 0.25
RESTART_S_MAX = 3.0


class Violation(AssertionError):
    """Something that must hold did not."""


class _StopError(BaseException):
    """Raised in whatever runs when the run is ended; not an `Exception`, which the services may well catch and go on."""


class World:
    def __init__(self, seed: int, actions: int, folder: Path) -> None:
        self.seed = seed
        self.loop = SimulatedLoop()
        self.struck: Counter[str] = Counter()
        self.actions = 0
        self.kills = 0
        self._actions_wanted = actions
        self._violations: list[str] = []
        self._chance = random.Random(seed)
        self._root = Path(tempfile.mkdtemp(prefix=f"{seed}-", dir=folder))
        self.config = Config(
            data_dir=self._root,
            stream_tick_ms=200,
            publish_every_ms=100,
            heartbeat_ms=5_000,
            symbols_refresh_every_ms=20_000,
            # In half of the worlds it asks about orders whose request may still be on its way.
            cleanup_grace_ms=self._chance.choice((500, 10_000)),
            settle_tries_max=2,
            dead_letter_every_ms=20_000,
            tidy_every_ms=10_000,
        )
        self.clock = SimulatedClock(self.loop)
        self.disk = Disk(self._root / "disk", self._fork())
        self.venue = Venue(self._fork(), self.clock.now_ns)
        self.network = Network(self.venue, self._fork(), self.strike)
        self.index = MemoryOrderIndex()
        self.gremlin = Gremlin(self, self._fork())
        self.people = [Person(self, f"person-{number}", self._fork()) for number in range(PEOPLE)]
        self.watchers = [SimulatedWatcher(self, f"watcher-{number}") for number in range(WATCHERS)]
        self.operator = Operator(self, self._fork())
        self.books: Books
        self._incarnation = 0
        self._machine_died = False
        self.market_rests = False
        self._background: list[asyncio.Task[None]] = []

    def _fork(self) -> random.Random:
        return random.Random(self._chance.getrandbits(64))

    # The run

    def run(self) -> Report:
        settled_s = None
        try:
            settled_s = self.loop.run_task(self._main())
        except Violation:
            pass
        finally:
            self._close()
        if self.loop.failures and not self._violations:
            self._violations.append(f"an exception nobody caught: {self.loop.failures[0]}")
        return Report(
            self.seed,
            self._violations[0] if self._violations else None,
            self.actions,
            self.kills,
            dict(self.struck),
            self.loop.time(),
            settled_s,
            self._digest(),
        )

    def _digest(self) -> str:
        """Of everything that a run that is not exact would do otherwise."""
        told = [sorted((id_, order.version) for id_, order in person.told.items()) for person in self.people]
        frames = [watcher.frames for watcher in self.watchers]
        seen = (self.loop.steps, self.loop.time(), self.disk.fsyncs, sorted(self.struck.items()), told, frames)
        return blake2b(repr(seen).encode(), digest_size=8).hexdigest()

    async def _main(self) -> float:
        self._start_broker()
        self.in_background(self._market())
        await self.until_ready()
        self._open_accounts()
        for person in self.people:
            self.in_background(person.follow())
        for watcher in self.watchers:
            self.in_background(watcher.watch_forever())
        self.in_background(self.operator.retry_forever())
        gremlin = self.in_background(self.gremlin.strike_forever())
        each = self._actions_wanted // PEOPLE
        await asyncio.gather(*(person.trade(each) for person in self.people))
        gremlin.cancel()
        return await settle(self)

    def in_background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self.loop.create_task(work)
        self._background.append(task)
        task.add_done_callback(self._background_ended)
        return task

    def _background_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Violation):
            self.note(f"the simulation itself failed: {error!r}")

    async def _market(self) -> None:
        while not self.market_rests:
            self.venue.advance()
            await asyncio.sleep(MARKET_EVERY_S)

    def _open_accounts(self) -> None:
        connection = apsw.Connection(str(self.broker.path))
        with connection:
            for person in self.people:
                connection.execute(
                    "INSERT INTO accounts (user_id, cash_cents) VALUES (?, ?)", (person.user_id, CASH_CENTS)
                )
                connection.execute(
                    "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (?, ?, 'paper cash', 0)",
                    (person.user_id, CASH_CENTS),
                )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        self.disk.all_is_synced()

    # The broker's life

    def _start_broker(self) -> None:
        self._incarnation += 1
        self.broker = SimulatedBroker(
            self._incarnation, self.config, self.loop, self.clock, self.disk, self.network, self.index, self._fork()
        )
        self.broker.process.on_death.append(self._died)
        self.broker.start()
        self.books = Books(self.broker.path)

    def kill(self, name: str, *, machine_died: bool) -> None:
        if self.broker.process.alive:
            self.strike(name)
            self._machine_died = machine_died
            self.broker.process.kill()

    def _died(self) -> None:
        self.kills += 1
        if self.broker.crashed is not None:
            self.note(f"the broker crashed: {self.broker.crashed!r}")
        self.network.later(self._chance.uniform(0.05, RESTART_S_MAX), self._restart)

    def _restart(self) -> None:
        self.books.close()
        self.broker.unregister()
        self.disk.fault = None
        self.disk.restart(machine_died=self._machine_died)
        if self._machine_died and self._chance.random() < 0.5:
            self.index.forget_newest()
        self._machine_died = False
        self._start_broker()

    async def until_ready(self) -> None:
        while not (self.broker.process.alive and self.broker.ready):
            await asyncio.sleep(0.1)
            if self._violations:
                raise Violation(self._violations[0])

    # What people and faults call

    @property
    def service(self) -> OrderService:
        return self.broker.broker.order_service

    async def request(self, work: Callable[[], Awaitable[T]], timeout_s: float | None = REQUEST_S_MAX) -> T:
        """Run a request within the broker's process, as HTTP would. Raises what it raises, or `ConnectionLost`."""
        broker = self.broker
        if not (broker.process.alive and broker.ready):
            raise ConnectionLost
        done: asyncio.Future[T] = self.loop.create_future()

        async def run() -> None:
            try:
                result = await work()
            except Exception as error:
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(result)

        def lost() -> None:
            if not done.done():
                done.set_exception(ConnectionLost())

        self.loop.spawn(broker.process, run())
        broker.process.on_death.append(lost)
        async with asyncio.timeout(timeout_s):
            return await done

    def strike(self, name: str, times: int = 1) -> None:
        self.struck[name] += times

    def expect_failure(self, error: BaseException) -> None:
        """A failure that a person may see; anything else is a bug."""
        if not isinstance(error, (errors.Refusal, ConnectionLost, TimeoutError, ProcessDied)):
            self.note(f"a request failed in a way nobody foresaw: {error!r}")

    def note(self, what: str) -> None:
        """Fail the run, from where raising would reach nobody."""
        self._violations.append(what)

    def violate(self, what: str) -> None:
        self.note(what)
        raise Violation(what)

    def end(self, why: str) -> None:
        """End the run at once, whatever it is at, and whoever catches what is raised here."""
        self.note(why)
        self.loop.end(Violation(why))
        raise _StopError(why)

    def check(self) -> None:
        """I1 to I5, as of what is committed at this moment."""
        if self._violations:
            raise Violation(self._violations[0])
        if self.broker.ready and self.broker.process.alive:
            for wrong in self.books.wrong(self.venue, self.people, self.index):
                self.violate(wrong)

    def _close(self) -> None:
        self.books.close()
        if self.broker.process.alive:
            self.broker.process.on_death.clear()
            self.broker.process.kill()
        self.broker.unregister()
        shutil.rmtree(self._root, ignore_errors=True)
