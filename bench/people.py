"""People to measure with, put into a data directory before a broker opens it: hashing their passwords is not what is measured."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from locksley import data_dir
from locksley.clock import SystemClock
from locksley.config import Config
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people.port import Person
from locksley.people.sessions import Sessions
from locksley.people.signing_keys import SigningKeys

CASH_CENTS = 100_000_000_000
NO_PASSWORD = "none: this person comes with a token"


async def run_inline(commit: Callable[[], None]) -> None:
    commit()


def sign_up(directory: Path, count: int) -> list[str]:
    """Their session tokens."""
    return asyncio.run(_sign_up(directory, count))


async def _sign_up(directory: Path, count: int) -> list[str]:
    with data_dir.lock(directory) as home:
        database = Database(home.database, run_inline, batch_max=512, waiting_max=count)
        writing = asyncio.create_task(database.run())
        people_db = SqlitePeopleDb(database)
        people = [_person(number) for number in range(count)]
        await asyncio.gather(*(people_db.add(person, CASH_CENTS) for person in people))
        clock = SystemClock()
        keys = SigningKeys.open(home.signing_keys, clock.now_ms())
        sessions = Sessions(people_db, keys, clock, Config(data_dir=directory))
        tokens = [sessions.begin(person.user_id, f"session-{person.user_id}")[0] for person in people]
        database.stop()
        await writing
        database.close()
        return tokens


def _person(number: int) -> Person:
    name = f"bench-{number:06}"
    return Person(user_id=name, email=f"{name}@locksley.example", password_hash=NO_PASSWORD, created_at_ms=0)
