"""A people database on SQLite, as the broker runs it, and passwords that are quick to check."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import argon2

from locksley.order_db.sqlite.database import Database


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    async def run_commit(commit: Callable[[], None]) -> None:
        commit()

    database = Database(path, run_commit, batch_max=64, waiting_max=1_000)
    writing = asyncio.create_task(database.run())
    try:
        yield database
    finally:
        database.stop()
        await writing
        database.close()


class QuickHasher(argon2.PasswordHasher):
    """As weak as argon2 lets itself be made. Counts what it checks."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.checks += 1
        return super().verify(hash, password)
