import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest

from locksley.clock import ManualClock
from locksley.config import Config
from locksley.domain.errors import EmailTaken, Malformed, SignUpClosed, WrongCredentials
from locksley.order_db.port import Source
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.operating import SqliteOperatingDb
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people.accounts import Accounts
from locksley.people.errors import PasswordsBusy, TooManySignIns
from locksley.people.failures import Failures
from locksley.people.operating import Deed
from locksley.people.passwords import Passwords
from locksley.people.port import Person
from locksley.web.problems import rate_limit_headers
from tests.people.database import QuickHasher, open_database

PASSWORD = "correct horse"
ADDRESS = "192.0.2.1"


class Door:
    """Accounts, and what they stand on."""

    def __init__(
        self, database: Database, executor: ThreadPoolExecutor, hasher: QuickHasher | None = None, **config: Any
    ) -> None:
        self.database = database
        self.db = SqlitePeopleDb(database)
        self.hasher = hasher or QuickHasher()
        self.clock = ManualClock(1_000_000)
        self.executor = executor
        ids = iter(range(1_000))
        self.accounts = Accounts(
            self.db,
            Passwords(self.hasher, executor, 3),
            self.clock,
            Config(data_dir=Path("unused"), **config),
            lambda: f"user-{next(ids)}",
        )

    async def rows(self, query: str) -> list[Any]:
        return await self.database.read(lambda connection: connection.execute(query).fetchall())


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with open_database(tmp_path / "people.sqlite") as database:
        with ThreadPoolExecutor(2) as executor:
            yield Door(database, executor)


async def test_two_sign_up_with_one_email_at_once(door: Door) -> None:
    results = await asyncio.gather(
        door.accounts.sign_up("ada@example.org", PASSWORD),
        door.accounts.sign_up("Ada@example.org", "another password"),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == [EmailTaken.__name__, "Person"]
    assert len(await door.rows("SELECT * FROM people")) == 1
    assert await door.rows("SELECT cash_cents, held_cents, frozen FROM accounts") == [(10_000_000, 0, 0)]
    assert await door.rows("SELECT amount_cents, what, at_ms FROM transfers") == [(10_000_000, "paper_cash", 1_000_000)]


async def test_sign_up_in_the_domain_of_accounts_that_were_reset(door: Door) -> None:
    for email in ("somebody@reset.invalid", " Somebody@RESET.invalid"):
        with pytest.raises(Malformed, match=r"reset\.invalid"):
            await door.accounts.sign_up(email, PASSWORD)
    assert await door.rows("SELECT * FROM people") == []


async def test_reset_of_an_account_whose_new_name_was_taken_before(door: Door) -> None:
    """By the person's own id, which they know."""
    ada = await door.accounts.sign_up("ada@example.org", PASSWORD)
    taken = Person(user_id="mallory", email=f"{ada.user_id}@reset.invalid", password_hash="!", created_at_ms=1)
    await door.db.add(taken, 1)
    deed = Deed(2, "reset_paper_account", ada.user_id, "", Source("operator", "", ""))
    await SqliteOperatingDb(door.database).begin_anew(ada.user_id, "user-anew", 500, deed)
    now = await door.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)
    assert (now.user_id, now.password_hash) == ("user-anew", ada.password_hash)
    old = await door.db.person(ada.user_id)
    assert old is not None
    assert old.email.endswith("@reset.invalid")
    assert ada.user_id not in old.email
    assert await door.rows("SELECT user_id, cash_cents FROM accounts WHERE frozen = 0 ORDER BY 1") == [
        ("mallory", 1),
        ("user-anew", 500),
    ]


async def test_password_is_not_stored(door: Door) -> None:
    await door.accounts.sign_up("ada@example.org", PASSWORD)
    [(stored,)] = await door.rows("SELECT password_hash FROM people")
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


async def test_sign_up_that_is_closed(door: Door) -> None:
    closed = Door(door.database, door.executor, sign_up="closed")
    with pytest.raises(SignUpClosed):
        await closed.accounts.sign_up("ada@example.org", PASSWORD)
    assert await door.rows("SELECT * FROM people") == []


async def test_unknown_email_costs_as_much_as_a_wrong_password(door: Door) -> None:
    await door.accounts.sign_up("ada@example.org", PASSWORD)
    for email in ("ada@example.org", "unknown@example.org"):
        before = door.hasher.checks
        with pytest.raises(WrongCredentials):
            await door.accounts.sign_in(email, "wrong password", ADDRESS)
        assert door.hasher.checks == before + 1


class SeeingHasher(QuickHasher):
    """Keeps what it checked passwords against."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.seen.append(str(hash))
        return super().verify(hash, password)


async def test_account_that_nobody_signs_in_to_costs_as_much_as_a_wrong_password(door: Door) -> None:
    person = await door.accounts.sign_up("ada@example.org", PASSWORD)
    assert await door.db.keep_password_hash(person, "!")
    hasher = SeeingHasher()
    seeing = Door(door.database, door.executor, hasher=hasher)
    with pytest.raises(WrongCredentials):
        await seeing.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)
    assert [one[:10] for one in hasher.seen] == ["!", "$argon2id$"]


async def test_failed_sign_ins_are_forgotten_after_a_while_and_after_a_good_one(door: Door) -> None:
    await door.accounts.sign_up("ada@example.org", PASSWORD)

    async def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(WrongCredentials):
                await door.accounts.sign_in("ada@example.org", "wrong password", ADDRESS)

    await fail(9)
    await door.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)
    await fail(10)
    with pytest.raises(TooManySignIns) as refused:
        await door.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)
    headers = {"ratelimit": '"signins";r=0;t=60', "ratelimit-policy": '"signins";q=10;w=60'}
    assert refused.value.members["retryAfterMs"] == 60_000
    assert rate_limit_headers(refused.value) == headers
    await door.accounts.sign_in("ada@example.org", PASSWORD, "192.0.2.2")
    door.clock.advance(60_000)
    await door.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)


async def test_hash_of_lower_cost_is_renewed_when_the_password_is_seen(door: Door) -> None:
    await door.accounts.sign_up("ada@example.org", PASSWORD)
    [before] = await door.rows("SELECT password_hash FROM people")
    dearer = Door(door.database, door.executor, hasher=QuickHasher(time_cost=2))
    await dearer.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)
    [after] = await door.rows("SELECT password_hash FROM people")
    assert before != after
    assert ",t=2," in after[0]
    await dearer.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS)


class HeldHasher(QuickHasher):
    """Its first check waits in the middle, once the password is found good."""

    def __init__(self) -> None:
        super().__init__(time_cost=2)
        self.is_checked, self.go_on = threading.Event(), threading.Event()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        good = super().verify(hash, password)
        if not self.is_checked.is_set():
            self.is_checked.set()
            assert self.go_on.wait(10)
        return good


async def test_password_that_is_changed_while_somebody_signs_in_with_the_old_one(door: Door) -> None:
    """The hash of the old one, outdated as it is, is not brought back either."""
    person = await door.accounts.sign_up("ada@example.org", PASSWORD)
    hasher = HeldHasher()
    held = Door(door.database, door.executor, hasher=hasher)
    signing_in = asyncio.create_task(held.accounts.sign_in("ada@example.org", PASSWORD, ADDRESS))
    await asyncio.to_thread(hasher.is_checked.wait, 10)
    await held.accounts.change_password(person.user_id, PASSWORD, "another password", "192.0.2.2")
    hasher.go_on.set()
    with pytest.raises(WrongCredentials):
        await signing_in
    await held.accounts.sign_in("ada@example.org", "another password", "192.0.2.3")


async def test_hash_that_was_replaced_meanwhile_is_kept(door: Door) -> None:
    seen = await door.accounts.sign_up("ada@example.org", PASSWORD)
    assert await door.db.change_password(seen, "its successor", "session-1")
    assert not await door.db.keep_password_hash(seen, "the old one, made anew")
    assert not await door.db.change_password(seen, "another successor", "session-2")
    assert await door.rows("SELECT password_hash FROM people") == [("its successor",)]
    assert await door.rows("SELECT session_id FROM session_floors") == [("session-1",)]


async def test_too_many_passwords_at_once_are_refused(door: Door) -> None:
    go_on = threading.Event()
    held = [door.executor.submit(go_on.wait, 10) for _ in range(2)]
    waiting = [asyncio.ensure_future(door.accounts.sign_up(f"p{n}@example.org", PASSWORD)) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy):
        await door.accounts.sign_up("one.more@example.org", PASSWORD)
    go_on.set()
    assert len({person.user_id for person in await asyncio.gather(*waiting)}) == 3
    assert all(one.result() for one in held)
    await door.accounts.sign_up("one.more@example.org", PASSWORD)


def test_failures_of_many_addresses_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locksley.people.failures.COUNTS_MAX", 10)
    failures = Failures(ManualClock(0), 1, 1, 60_000)
    for number in range(30):
        with pytest.raises(WrongCredentials), failures.attempt(f"address {number}", "ada@example.org"):
            raise WrongCredentials
    assert len(failures._counts) == 10
    with failures.attempt("address 0", "ada@example.org"):
        pass
    with pytest.raises(TooManySignIns), failures.attempt("address 29", "ada@example.org"):
        pass
