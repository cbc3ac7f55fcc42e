"""One SQLite file: writes that are committed in groups, reads beside them.

Statements run on the event loop, where nothing contends for the interpreter; the commit, which waits for the disk, is handed to
`run_commit` (a thread in the broker, inline in the simulation). While one group is being committed the next one gathers; there is
no timer. `docs/decisions/0003-database-access.md` has the figures.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from locksley.domain.errors import StorageUnavailable
from locksley.order_db.sqlite.schema import migrate

T = TypeVar("T")
Work = Callable[[apsw.Connection], T]  # plain SQL, no await; it may be run again, after all that it did was undone
RunCommit = Callable[[Callable[[], None]], Awaitable[None]]

WAL_PAGES_MAX = 4_000
# A big group is spread: after so long the loop's other work gets its turn, prices for one.
WORK_MS_MAX = 8
PAGE_CACHE_KIB = 131_072  # too small for what a minute of orders touches, and each commit takes longer than the last


class _HalfDoneError(Exception):
    """A work failed after it had changed something."""


class _Write(Generic[T]):
    __slots__ = ("done", "error", "result", "work")

    def __init__(self, work: Work[T], done: asyncio.Future[T]) -> None:
        self.work = work
        self.done = done
        self.result: T | None = None
        self.error: Exception | None = None

    def attempt(self, connection: apsw.Connection) -> None:
        """May be done again, from the start."""
        self.result = self.error = None
        try:
            self.result = self.work(connection)
        except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError, apsw.BusyError, apsw.CorruptError):
            raise  # the storage failed, not this work: the whole group is undone
        except Exception as error:
            if not connection.in_transaction:  # then what comes next would be stored at once, and by itself
                raise apsw.AbortError("a write has ended the transaction of all") from error
            self.error = error

    def settle(self) -> None:
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]  # a work that returns None has T = None


class Database:
    """`write` commits durably before it returns; `read` sees every write that has returned. `on_group` is told how many share a commit."""

    def __init__(
        self,
        path: Path | str,
        run_commit: RunCommit,
        *,
        batch_max: int,
        waiting_max: int,
        vfs: str | None = None,
        wal_pages_max: int = WAL_PAGES_MAX,
        on_group: Callable[[int], None] | None = None,
    ) -> None:
        self._on_group = on_group
        self._run_commit = run_commit
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._waiting: deque[_Write[Any]] = deque()
        self._wake = asyncio.Event()
        self._stopping = False
        self._writer = _connect(str(path), vfs, wal_pages_max)
        migrate(self._writer)
        self._reader = _connect(str(path), vfs, wal_pages_max)
        self._reader.execute("PRAGMA query_only = ON")

    @property
    def waiting_count(self) -> int:
        return len(self._waiting)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; its value, once that is on disk. An exception of `work` undoes what it did, and it alone.

        Raises `StorageUnavailable` when nothing could be stored; then nothing was.
        """
        if len(self._waiting) >= self._waiting_max:
            raise StorageUnavailable
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        entry = _Write(work, done)
        self._waiting.append(entry)
        self._wake.set()
        return await done

    async def read(self, work: Work[T]) -> T:
        """Run `work` on the read connection, all of it on one state of the database."""
        try:
            self._reader.execute("BEGIN")
            try:
                return work(self._reader)
            finally:
                self._reader.execute("COMMIT")
        except apsw.Error as error:
            raise StorageUnavailable from error

    async def run(self) -> None:
        """Commit what `write` brings, until `stop`."""
        while not (self._stopping and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._commit_group()

    def stop(self) -> None:
        """Let `run` end once everything that waits is committed."""
        self._stopping = True
        self._wake.set()

    def close(self) -> None:
        for entry in self._waiting:
            entry.error = StorageUnavailable()
            entry.settle()
        self._waiting.clear()
        self._reader.close()
        self._writer.close()

    def _take_group(self) -> list[_Write[Any]]:
        group: list[_Write[Any]] = []
        while self._waiting and len(group) < self._batch_max:
            entry = self._waiting.popleft()
            if not entry.done.done():
                group.append(entry)
        return group

    async def _commit_group(self) -> None:
        group = self._take_group()
        if not group:
            return
        if self._on_group is not None:
            self._on_group(len(group))
        try:
            await self._do(group)
            await self._run_commit(self._commit)
        except apsw.Error as error:
            self._undo(group, error)
        for entry in group:
            entry.settle()

    async def _do(self, group: list[_Write[Any]]) -> None:
        """Hardly any work fails after a change, so none is guarded at first: that costs a quarter of a small write."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            await self._attempt_all(group, self._attempt)
        except _HalfDoneError:
            self._writer.execute("ROLLBACK")
            self._writer.execute("BEGIN IMMEDIATE")
            await self._attempt_all(group, self._attempt_guarded)

    async def _attempt_all(self, group: list[_Write[Any]], attempt: Callable[[_Write[Any]], None]) -> None:
        loop = asyncio.get_running_loop()
        turn_ends_s = loop.time() + WORK_MS_MAX / 1000
        for entry in group:
            if loop.time() >= turn_ends_s:
                await asyncio.sleep(0)
                turn_ends_s = loop.time() + WORK_MS_MAX / 1000
            attempt(entry)

    def _attempt(self, entry: _Write[Any]) -> None:
        changes = self._writer.total_changes()
        entry.attempt(self._writer)
        if entry.error is not None and self._writer.total_changes() != changes:
            raise _HalfDoneError from entry.error

    def _attempt_guarded(self, entry: _Write[Any]) -> None:
        self._writer.execute("SAVEPOINT entry")
        entry.attempt(self._writer)
        if entry.error is not None:
            self._writer.execute("ROLLBACK TO entry")
        self._writer.execute("RELEASE entry")

    def _commit(self) -> None:
        self._writer.execute("COMMIT")

    def _undo(self, group: list[_Write[Any]], cause: Exception) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        for entry in group:
            entry.error = StorageUnavailable()
            entry.error.__cause__ = cause


def _connect(path: str, vfs: str | None, wal_pages_max: int) -> apsw.Connection:
    connection = apsw.Connection(path, vfs=vfs)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {wal_pages_max}")
    connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
