"""SQLite in a real file, its commits in a real thread, as the broker runs it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from locksley.order_db.sqlite.database import Database


async def in_thread(commit: Callable[[], None]) -> None:
    await asyncio.to_thread(commit)


@asynccontextmanager
async def running(path: Path, *, batch_max: int = 512, waiting_max: int = 20_000) -> AsyncIterator[Database]:
    """A database whose writes are being committed."""
    database = Database(path, in_thread, batch_max=batch_max, waiting_max=waiting_max)
    commits = asyncio.create_task(database.run())
    try:
        yield database
    finally:
        database.stop()
        await commits
        database.close()
