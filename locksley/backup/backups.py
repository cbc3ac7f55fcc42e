"""Backups of a running broker, one at a time, streamed to whoever asks. See `snapshot` for why what it gets agrees with the exchange."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from locksley.backup.packing import pack
from locksley.backup.snapshot import Snapshot
from locksley.clock import Clock
from locksley.data_dir import DataDir
from locksley.domain.errors import Refusal, StorageUnavailable

BACKUP_S_MAX = 3_600

log = structlog.get_logger()


class BackupRunning(Refusal):
    """A backup is being taken at this moment; wait until it is done."""

    code = "backup_running"


class BackupStream:
    """The bytes, read by a thread. `end` once it is over, however it went; it ends by itself when nobody has read it for too long."""

    def __init__(self, snapshot: Snapshot, home: DataDir, now_ms: int, ended: Callable[[], None]) -> None:
        self._snapshot = snapshot
        self._chunks = pack(snapshot, home, now_ms)
        self._ended = ended
        self._first: bytes | None = None
        self._is_over = False
        self._thread = ThreadPoolExecutor(1, "backup")
        self._bound = asyncio.get_running_loop().call_later(BACKUP_S_MAX, self.end)

    def __aiter__(self) -> "BackupStream":
        return self

    async def prepare(self) -> None:
        """Make the copies, while a refusal can still be answered. Raises `StorageUnavailable`."""
        try:
            self._first = await self._next()
        except OSError as error:
            log.warning("backup_not_taken", error=str(error))
            raise StorageUnavailable(
                "The data directory has no room for copies of its databases, or cannot be written; no backup was taken. "
                "Make room, then take it again."
            ) from error

    async def __anext__(self) -> bytes:
        chunk, self._first = self._first, None
        chunk = chunk or await self._next()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def _next(self) -> bytes | None:
        return await asyncio.get_running_loop().run_in_executor(self._thread, next, self._chunks, None)

    def end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._bound.cancel()
        self._thread.submit(self._chunks.close)  # after what the thread is at
        self._thread.submit(self._snapshot.close)
        self._thread.shutdown(wait=False)
        self._ended()


class Backups:
    def __init__(self, home: DataDir, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._running = False

    def begin(self) -> BackupStream:
        """As of now, not of when it is read. To be called on the event loop, which has no turn meanwhile. Raises `BackupRunning`."""
        if self._running:
            raise BackupRunning
        stream = BackupStream(Snapshot(self._home), self._home, self._clock.now_ms(), self._is_done)
        self._running = True
        return stream

    def _is_done(self) -> None:
        self._running = False
