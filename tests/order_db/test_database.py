"""SQLite itself: groups of writes, and what happens when the storage fails or the process dies. Real files, real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from locksley.domain.errors import StorageUnavailable
from locksley.order_db.sqlite.database import WORK_MS_MAX, Database
from tests.order_db.sqlite_file import in_thread, running


def insert(number: int, text: str = "") -> Callable[[apsw.Connection], int]:
    def work(connection: apsw.Connection) -> int:
        connection.execute("INSERT INTO notes VALUES (?, ?)", (number, text))
        return number

    return work


async def make_table(database: Database) -> None:
    await database.write(lambda c: c.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT NOT NULL)"))


async def numbers(database: Database) -> list[int]:
    return await database.read(lambda c: [row[0] for row in c.execute("SELECT number FROM notes ORDER BY number")])


class CountedCommits:
    """Commits in a thread, as the broker does, and counts them; `gate` holds them up."""

    def __init__(self) -> None:
        self.count = 0
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self, commit: Callable[[], None]) -> None:
        self.count += 1
        self.begun.set()
        await self.gate.wait()
        await in_thread(commit)


async def test_many_writes_share_a_commit(tmp_path: Path) -> None:
    commits = CountedCommits()
    database = Database(tmp_path / "db", commits, batch_max=1_000, waiting_max=1_000)
    running = asyncio.create_task(database.run())
    commits.gate.set()
    await make_table(database)
    commits.begun.clear()
    commits.gate.clear()
    first = asyncio.create_task(database.write(insert(0)))
    await commits.begun.wait()
    rest = [asyncio.create_task(database.write(insert(n))) for n in range(1, 200)]
    await asyncio.sleep(0)
    assert not first.done()  # nothing is answered before it is on disk
    commits.gate.set()
    assert await asyncio.gather(first, *rest) == list(range(200))
    assert commits.count == 3  # the table, the first, and the 199 that gathered meanwhile
    assert await numbers(database) == list(range(200))
    database.stop()
    await running
    database.close()


async def test_a_big_group_gives_way_to_what_else_the_loop_has_to_do(tmp_path: Path) -> None:
    database = Database(tmp_path / "db", in_thread, batch_max=10, waiting_max=10)
    loop, done = asyncio.get_running_loop(), list[str]()

    def long(_connection: apsw.Connection) -> None:
        loop.call_soon(done.append, "other")
        until_s = loop.time() + 2 * WORK_MS_MAX / 1_000
        while loop.time() < until_s:
            pass
        done.append("first")

    writes = [asyncio.create_task(database.write(work)) for work in (long, lambda _: done.append("second"))]
    await asyncio.sleep(0)
    running = asyncio.create_task(database.run())
    await asyncio.gather(*writes)
    assert done == ["first", "other", "second"]
    database.stop()
    await running
    database.close()


async def test_one_bad_work_is_undone_alone(tmp_path: Path) -> None:
    async with running(tmp_path / "db") as database:
        await make_table(database)

        def half_done(connection: apsw.Connection) -> None:
            insert(100)(connection)
            raise RuntimeError("in the middle")

        works: list[Awaitable[object]] = [database.write(insert(n)) for n in range(5)]
        works[2:2] = [database.write(half_done), database.write(insert(0))]  # the second breaks a key
        answers = await asyncio.gather(*works, return_exceptions=True)
        assert [type(answer) for answer in answers] == [int, int, RuntimeError, apsw.ConstraintError, int, int, int]
        assert await numbers(database) == [0, 1, 2, 3, 4]


async def test_a_full_disk_fails_the_group_and_stores_nothing_of_it(tmp_path: Path) -> None:
    async with running(tmp_path / "db") as database:
        await make_table(database)
        await database.write(lambda c: c.execute(f"PRAGMA max_page_count = {c.pragma('page_count') + 4}"))
        answers = await asyncio.gather(
            *(database.write(insert(n, "x" * 3_000)) for n in range(50)), return_exceptions=True
        )
        assert {type(answer) for answer in answers} == {StorageUnavailable}
        assert await numbers(database) == []
        await database.write(lambda c: c.execute("PRAGMA max_page_count = 1000000"))
        assert await database.write(insert(7)) == 7  # and it goes on once there is room
        assert await numbers(database) == [7]


async def test_a_file_that_cannot_be_written_stores_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "db") as database:
        await make_table(database)
        other = apsw.Connection(str(tmp_path / "db"))
        other.execute("BEGIN IMMEDIATE")  # somebody holds the file's write lock
        answers = await asyncio.gather(*(database.write(insert(n)) for n in range(5)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {StorageUnavailable}
        other.execute("ROLLBACK")
        other.close()
        assert await numbers(database) == []
        assert await database.write(insert(1)) == 1


async def test_a_commit_that_the_file_system_refuses_stores_nothing(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow: the commit's own write fails."""
    reply = await _child("grow_until_refused", tmp_path / "db")
    stdout, stderr = await reply.communicate()
    assert reply.returncode == 0, stderr.decode()
    stored = {int(number) for number in stdout.split()}
    async with running(tmp_path / "db") as database:
        assert set(await numbers(database)) == stored
        assert stored


async def test_too_many_waiting_are_turned_away(tmp_path: Path) -> None:
    database = Database(tmp_path / "db", in_thread, batch_max=10, waiting_max=2)
    waiting = [asyncio.create_task(database.write(insert(n))) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable):
        await database.write(insert(3))
    database.close()
    assert all(isinstance(e, StorageUnavailable) for e in await asyncio.gather(*waiting, return_exceptions=True))


async def test_whoever_gave_up_waiting_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    database = Database(tmp_path / "db", in_thread, batch_max=10, waiting_max=10)
    given_up = asyncio.create_task(database.write(insert(1)))
    await asyncio.sleep(0)
    given_up.cancel()
    table = asyncio.create_task(make_table(database))
    stays = asyncio.create_task(database.write(insert(2)))
    await asyncio.sleep(0)
    commits = asyncio.create_task(database.run())
    await table
    assert await stays == 2
    assert await numbers(database) == [2]
    database.stop()
    await commits
    database.close()


async def test_a_killed_process_has_every_write_that_it_acknowledged(tmp_path: Path) -> None:
    child = await _child("write_until_killed", tmp_path / "db")
    assert child.stdout is not None
    async with asyncio.timeout(30):
        acknowledged = {int(await child.stdout.readline()) for _ in range(300)}
    os.kill(child.pid, signal.SIGKILL)
    rest, stderr = await child.communicate()
    assert child.returncode == -signal.SIGKILL, stderr.decode()
    acknowledged |= {int(line) for line in rest.decode().splitlines(keepends=True) if line.endswith("\n")}
    async with running(tmp_path / "db") as database:
        stored = await numbers(database)
        assert acknowledged <= set(stored)
        assert await database.read(lambda c: c.execute("PRAGMA integrity_check").get) == "ok"


async def test_a_schema_from_the_future_is_refused(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "db"))
    connection.pragma("user_version", 9_999)
    connection.close()
    with pytest.raises(Exception, match="the database has schema 9999"):
        Database(tmp_path / "db", in_thread, batch_max=1, waiting_max=1)


async def _child(story: str, path: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.order_db.child",
        story,
        str(path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize(
    "ends_all",
    [
        pytest.param("INSERT OR ROLLBACK INTO notes VALUES (1, 'again')", id="by a conflict"),
        pytest.param("ROLLBACK", id="by itself"),
    ],
)
async def test_a_work_that_ends_the_transaction_of_all_has_nothing_stored(tmp_path: Path, ends_all: str) -> None:
    def end(connection: apsw.Connection) -> None:
        connection.execute(ends_all)
        raise ValueError("and fails")

    async with running(tmp_path / "db") as database:
        await make_table(database)
        await database.write(insert(1))
        done = await asyncio.gather(
            database.write(insert(2)), database.write(end), database.write(insert(3)), return_exceptions=True
        )
        assert [type(one) for one in done] == [StorageUnavailable] * 3
        assert await numbers(database) == [1]
        assert await database.write(insert(4)) == 4
