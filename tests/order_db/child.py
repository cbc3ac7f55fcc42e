"""A process to be killed, or to run out of room: writes numbers, and prints each once its write has returned."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

import apsw

from locksley.domain.errors import StorageUnavailable
from locksley.order_db.sqlite.database import Database
from tests.order_db.sqlite_file import running

WRITERS = 8
FILE_BYTES_MAX = 1_500_000


async def _write(database: Database, number: int, text: str) -> None:
    await database.write(lambda c: c.execute("INSERT INTO notes VALUES (?, ?)", (number, text)))
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _make_table(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT NOT NULL)")


async def write_until_killed(path: Path) -> None:
    async def write_on(first: int) -> None:
        for number in range(first, 1_000_000, WRITERS):
            await _write(database, number, "x")

    async with running(path) as database:
        await database.write(_make_table)
        await asyncio.gather(*(write_on(first) for first in range(WRITERS)))


async def grow_until_refused(path: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with running(path) as database:
        await database.write(_make_table)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
        for first in range(0, 1_000_000, WRITERS):
            writes = [_write(database, number, "x" * 2_000) for number in range(first, first + WRITERS)]
            answers = await asyncio.gather(*writes, return_exceptions=True)
            if any(answers):
                assert {type(answer) for answer in answers} == {StorageUnavailable}, answers
                return


if __name__ == "__main__":
    asyncio.run(
        {"write_until_killed": write_until_killed, "grow_until_refused": grow_until_refused}[sys.argv[1]](
            Path(sys.argv[2])
        )
    )
