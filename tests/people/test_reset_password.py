"""The operator's reset of a password, raced by somebody who knows the old one."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from locksley.clock import ManualClock
from locksley.config import Config
from locksley.domain.errors import WrongCredentials
from locksley.order_db.port import Source
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.operating import SqliteOperatingDb
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people.accounts import Accounts
from locksley.people.callers import Callers
from locksley.people.operating import Operating
from locksley.people.passwords import Passwords
from locksley.people.program_tokens import ProgramTokens
from locksley.people.sessions import Sessions
from locksley.people.signing_keys import SigningKeys
from tests.people.database import QuickHasher, open_database

PASSWORD = "correct horse"
OPERATOR = Source("operator", "192.0.2.9", "request-1")


class House:
    def __init__(self, database: Database, executor: ThreadPoolExecutor, keys_path: Path) -> None:
        clock, config = ManualClock(1_000_000_000), Config(data_dir=Path("unused"))
        self.db, self.operating_db = SqlitePeopleDb(database), SqliteOperatingDb(database)
        keys, passwords = SigningKeys.open(keys_path, clock.now_ms()), Passwords(QuickHasher(), executor, 8)
        self._ids = iter(range(1_000))
        self.accounts = Accounts(self.db, passwords, clock, config, self.new_id)
        self.sessions = Sessions(self.db, keys, clock, config)
        self.tokens = ProgramTokens(self.db, clock, self.new_id)
        self.callers = Callers(self.sessions, self.tokens, clock)
        self.operating = Operating(self.operating_db, passwords, self.callers, keys, clock, config, self.new_id)

    def new_id(self) -> str:
        return f"id-{next(self._ids):03}"

    async def sign_in(self, password: str) -> str:
        """As the route does: the session's id comes before the check."""
        session_id = self.new_id()
        person = await self.accounts.sign_in("ada@example.org", password, "192.0.2.1")
        return self.sessions.begin(person.user_id, session_id)[0]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_database(tmp_path / "people.sqlite") as database:
        with ThreadPoolExecutor(2) as executor:
            yield House(database, executor, tmp_path / "keys.json")


async def test_signed_in_while_the_reset_is_being_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the new password was made, and before it counts: neither the session nor a token that it made is good then."""
    ada = await house.accounts.sign_up("ada@example.org", PASSWORD)
    store, gained = house.operating_db.reset_password, []

    async def store_slowly(*values: Any) -> None:
        session = await house.sign_in(PASSWORD)
        await store(*values)
        caller = await house.callers.verify(session)
        assert caller is not None
        _, secret = await house.tokens.make(ada.user_id, "robot", caller.asking)
        assert await house.callers.verify(secret) is not None
        gained.extend([session, secret])

    monkeypatch.setattr(house.operating_db, "reset_password", store_slowly)
    password = await house.operating.reset_password(ada.user_id, OPERATOR)
    assert len(gained) == 2
    for token in gained:
        assert (house.callers.remembered(token), await house.callers.verify(token)) == (None, None)
    assert await house.callers.verify(await house.sign_in(password)) is not None


async def test_signed_in_while_the_change_is_being_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await house.accounts.sign_up("ada@example.org", PASSWORD)
    store, gained = house.db.change_password, []

    async def store_slowly(*values: Any) -> bool:
        gained.append(await house.sign_in(PASSWORD))
        return await store(*values)

    monkeypatch.setattr(house.db, "change_password", store_slowly)
    session_id = await house.accounts.change_password(ada.user_id, PASSWORD, "another password", "192.0.2.2")
    assert await house.callers.verify(gained[0]) is None
    assert await house.callers.verify(house.sessions.begin(ada.user_id, session_id)[0]) is not None


async def test_signing_in_with_the_old_password_while_it_is_reset(house: House) -> None:
    """Many at once, before and after; none of them stays."""
    ada = await house.accounts.sign_up("ada@example.org", PASSWORD)
    tries = [asyncio.ensure_future(house.sign_in(PASSWORD)) for _ in range(4)]
    await house.operating.reset_password(ada.user_id, OPERATOR)
    for outcome in await asyncio.gather(*tries, return_exceptions=True):
        if isinstance(outcome, str):
            assert await house.callers.verify(outcome) is None
        else:
            assert isinstance(outcome, WrongCredentials)
    with pytest.raises(WrongCredentials):
        await house.sign_in(PASSWORD)


async def test_signed_in_while_the_account_is_reset(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed in to the old account any more."""
    ada = await house.accounts.sign_up("ada@example.org", PASSWORD)
    store, gained = house.operating_db.begin_anew, []

    async def store_slowly(*values: Any) -> None:
        gained.append(await house.sign_in(PASSWORD))
        await store(*values)

    monkeypatch.setattr(house.operating_db, "begin_anew", store_slowly)
    anew = await house.operating.begin_anew(ada.user_id, OPERATOR)
    assert await house.callers.verify(gained[0]) is None
    caller = await house.callers.verify(await house.sign_in(PASSWORD))
    assert caller is not None
    assert caller.user_id == anew.user_id
