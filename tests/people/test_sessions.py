import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from locksley.clock import ManualClock
from locksley.config import Config, ConfigError
from locksley.domain.errors import NotSignedIn
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people import callers as callers_module
from locksley.people.callers import Callers
from locksley.people.program_tokens import ProgramTokens
from locksley.people.sessions import Sessions
from locksley.people.signing_keys import SigningKeys
from tests.people.database import open_database

LIFETIME_MS = 24 * 3_600_000


class Desk:
    """Sessions, their keys, and who calls."""

    def __init__(self, db: SqlitePeopleDb, keys_path: Path) -> None:
        self.clock = ManualClock(1_000_000_000)
        self.keys = SigningKeys.open(keys_path, self.clock.now_ms())
        self.sessions = Sessions(db, self.keys, self.clock, Config(data_dir=Path("unused")))
        ids = iter(range(1_000))
        self.tokens = ProgramTokens(db, self.clock, lambda: f"token-{next(ids)}")
        self.callers = Callers(self.sessions, self.tokens, self.clock)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "people.sqlite") as opened:
        yield opened


@pytest.fixture
def db(database: Database) -> SqlitePeopleDb:
    return SqlitePeopleDb(database)


@pytest.fixture
def keys_path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


async def test_session_is_good_until_it_expires(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    token, expires_at_ms = desk.sessions.begin("ada", "session-1")
    assert expires_at_ms == 1_000_000_000 + LIFETIME_MS
    caller = await desk.callers.verify(token)
    assert caller is not None
    assert caller.user_id == "ada"
    desk.clock.advance(LIFETIME_MS - 1)
    assert await desk.callers.verify(token) is not None
    assert desk.callers.remembered(token) is not None
    desk.clock.advance(1)
    assert desk.callers.remembered(token) is None
    assert await desk.callers.verify(token) is None


async def test_session_that_was_ended_stays_ended_after_a_restart(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    ended, _ = desk.sessions.begin("ada", "session-1")
    other, _ = desk.sessions.begin("ada", "session-2")
    caller = await desk.callers.verify(ended)
    assert caller is not None
    await desk.callers.verify(other)
    await desk.callers.end(caller)
    assert (desk.callers.remembered(ended), await desk.callers.verify(ended)) == (None, None)
    assert desk.callers.remembered(other) is not None

    again = Desk(db, keys_path)
    assert await again.callers.verify(ended) is None
    assert await again.callers.verify(other) is not None


async def test_session_that_ends_while_it_is_looked_up_is_not_remembered(
    db: SqlitePeopleDb, keys_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes its time to answer."""
    desk = Desk(db, keys_path)
    token, _ = desk.sessions.begin("ada", "session-1")
    caller = await desk.callers.verify(token)
    assert caller is not None
    desk.callers.forget("ada")
    look_up, is_read, go_on = db.is_session_ended, asyncio.Event(), asyncio.Event()

    async def look_up_slowly(user_id: str, session_id: str) -> bool:
        ended = await look_up(user_id, session_id)
        is_read.set()
        await go_on.wait()
        return ended

    monkeypatch.setattr(db, "is_session_ended", look_up_slowly)
    looking = asyncio.create_task(desk.callers.verify(token))
    await is_read.wait()
    await desk.callers.end(caller)
    go_on.set()
    await looking
    assert desk.callers.remembered(token) is None
    assert await desk.callers.verify(token) is None


async def test_ended_sessions_take_no_memory(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    before = {name: len(value) for name, value in vars(desk.sessions).items() if hasattr(value, "__len__")}
    for number in range(30):
        token, _ = desk.sessions.begin("ada", f"session-{number}")
        session = await desk.sessions.verify(token)
        assert session is not None
        await desk.sessions.end(session)
        assert await desk.sessions.verify(token) is None
    assert before == {name: len(value) for name, value in vars(desk.sessions).items() if hasattr(value, "__len__")}


async def test_ended_sessions_are_kept_only_until_they_would_have_expired(
    db: SqlitePeopleDb, keys_path: Path, database: Database
) -> None:
    desk = Desk(db, keys_path)
    first = await desk.sessions.verify(desk.sessions.begin("ada", "session-1")[0])
    assert first is not None
    await desk.sessions.end(first)
    desk.clock.advance(LIFETIME_MS)
    second = await desk.sessions.verify(desk.sessions.begin("ada", "session-2")[0])
    assert second is not None
    await desk.sessions.end(second)
    kept = await database.read(
        lambda connection: connection.execute("SELECT session_id FROM ended_sessions").fetchall()
    )
    assert kept == [("session-2",)]


async def test_new_key_signs_and_the_old_one_verifies_until_it_retires(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    old, _ = desk.sessions.begin("ada", "session-1")
    old_kid = desk.keys.signing.kid
    desk.keys.rotate(desk.clock.now_ms(), retire_after_ms=10_000)
    assert desk.keys.signing.kid != old_kid
    new, _ = desk.sessions.begin("ada", "session-2")
    for each in (desk, Desk(db, keys_path)):
        assert await each.sessions.verify(old) is not None
        assert await each.sessions.verify(new) is not None
    desk.clock.advance(10_000)
    assert await desk.sessions.verify(old) is None
    assert await desk.sessions.verify(new) is not None
    desk.keys.rotate(desk.clock.now_ms(), retire_after_ms=10_000)
    assert SigningKeys.open(keys_path, 0).verifying(old_kid, 0) is None


async def test_keys_of_another_broker_do_not_verify(db: SqlitePeopleDb, keys_path: Path, tmp_path: Path) -> None:
    token, _ = Desk(db, tmp_path / "other.json").sessions.begin("ada", "session-1")
    assert await Desk(db, keys_path).sessions.verify(token) is None


def test_key_file_is_for_its_owner_only(keys_path: Path) -> None:
    keys = SigningKeys.open(keys_path, 0)
    assert stat.S_IMODE(keys_path.stat().st_mode) == 0o600
    keys_path.chmod(0o644)
    assert SigningKeys.open(keys_path, 0).signing == keys.signing
    assert stat.S_IMODE(keys_path.stat().st_mode) == 0o600
    keys.rotate(0, 1_000)
    assert stat.S_IMODE(keys_path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'[{"kid": 1}]', b"\xff"], ids=repr)
def test_damaged_key_file_is_one_clear_line(keys_path: Path, content: bytes) -> None:
    keys_path.write_bytes(content)
    with pytest.raises(ConfigError, match="remove it to make a new one, which signs everybody out"):
        SigningKeys.open(keys_path, 0)
    assert keys_path.read_bytes() == content


async def test_program_token_is_stored_only_as_a_digest(db: SqlitePeopleDb, keys_path: Path, tmp_path: Path) -> None:
    desk = Desk(db, keys_path)
    token, secret = await desk.tokens.make("ada", "robot")
    caller = await desk.callers.verify(secret)
    assert caller is not None
    assert (caller.user_id, caller.token_id) == ("ada", token.token_id)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("people.sqlite*"))  # noqa: ASYNC240  # small
    assert token.token_id.encode() in stored
    assert secret.encode() not in stored

    assert not await desk.callers.delete_token("grace", token.token_id)
    assert desk.callers.remembered(secret) is not None
    assert await desk.callers.delete_token("ada", token.token_id)
    assert (desk.callers.remembered(secret), await desk.callers.verify(secret)) == (None, None)


async def test_remembered_callers_take_bounded_memory(
    db: SqlitePeopleDb, keys_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers_module, "REMEMBERED_MAX", 10)
    desk = Desk(db, keys_path)
    tokens = [desk.sessions.begin("ada", f"session-{number}")[0] for number in range(30)]
    for token in tokens:
        await desk.callers.verify(token)
    assert sum(desk.callers.remembered(token) is not None for token in tokens) == 10
    assert desk.callers.remembered(tokens[-1]) is not None


async def test_caller_is_verified_anew_after_a_while(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    token, _ = desk.sessions.begin("ada", "session-1")
    await desk.callers.verify(token)
    assert desk.callers.remembered(token) is not None
    desk.clock.advance(60_000)
    assert desk.callers.remembered(token) is None
    await desk.callers.verify(token)
    desk.clock.jump(-600_000)
    assert desk.callers.remembered(token) is None


async def test_what_is_open_ends_once_the_session_expires(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    token, expires_at_ms = desk.sessions.begin("ada", "session-1")
    caller = await desk.callers.verify(token)
    assert caller is not None
    desk.clock.advance(expires_at_ms - desk.clock.now_ms() - 20)
    ended = asyncio.Event()
    leave = desk.callers.attend(caller, ended.set)
    desk.clock.advance(20)
    assert not await desk.callers.is_good(caller)
    await asyncio.wait_for(ended.wait(), 10)
    leave()


async def test_what_was_left_is_not_ended(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    caller = await desk.callers.verify(desk.sessions.begin("ada", "session-1")[0])
    assert caller is not None
    left, kept = asyncio.Event(), asyncio.Event()
    desk.callers.attend(caller, left.set)()
    leave = desk.callers.attend(caller, kept.set)
    await desk.callers.end(caller)
    assert (left.is_set(), kept.is_set()) == (False, True)
    leave()


async def test_caller_that_was_ended_while_it_was_looked_up(db: SqlitePeopleDb, keys_path: Path) -> None:
    """Whoever opens something asks once more."""
    desk = Desk(db, keys_path)
    session = await desk.callers.verify(desk.sessions.begin("ada", "session-1")[0])
    _, secret = await desk.tokens.make("ada", "robot")
    program = await desk.callers.verify(secret)
    for caller in (session, program):
        assert caller is not None
        assert await desk.callers.is_good(caller)
        await desk.callers.end(caller)
        assert not await desk.callers.is_good(caller)


async def test_token_that_is_asked_for_by_what_was_ended_meanwhile(db: SqlitePeopleDb, keys_path: Path) -> None:
    desk = Desk(db, keys_path)
    session = await desk.callers.verify(desk.sessions.begin("ada", "session-1")[0])
    below_floor = await desk.callers.verify(desk.sessions.begin("ada", "session-2")[0])
    good = await desk.callers.verify(desk.sessions.begin("ada", "session-3")[0])
    program = await desk.callers.verify((await desk.tokens.make("ada", "robot"))[1])
    assert session is not None
    assert below_floor is not None
    assert program is not None
    assert good is not None
    for caller in (session, program, good):
        await desk.tokens.make("ada", "another", caller.asking)
    kept = await desk.tokens.all("ada")
    await desk.callers.end(session)
    await desk.callers.end(program)
    await db.end_sessions("ada", "session-3")
    for caller in (session, below_floor, program):
        with pytest.raises(NotSignedIn):
            await desk.tokens.make("ada", "one more", caller.asking)
    assert await desk.tokens.all("ada") == [token for token in kept if token.token_id != program.token_id]
    await desk.tokens.make("ada", "the last", good.asking)
