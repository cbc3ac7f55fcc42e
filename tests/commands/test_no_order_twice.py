"""The command line is killed, and so is the broker: there is one order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from locksley.client import Client, buy
from locksley.commands.config_folder import ConfigFolder
from locksley.commands.kept_intents import Kept, KeptIntents, Owner
from tests.acceptance.process import LocksleyUp
from tests.client.faulty_line import Fault, FaultyLine
from tests.commands.command_line import CommandLine, Done
from tests.commands.conftest import Person, signed_in
from tests.web.broker import Broker
from tests.web.client import Client as Http

DEADLINE_S = 30
BUY = ("buy", "META", "1", "--yes")


@pytest.fixture
async def line(broker: Broker) -> AsyncIterator[FaultyLine]:
    async with FaultyLine(broker.port, aimed_at=b"POST /order") as line:
        yield line


@pytest.fixture
def distant(broker: Broker, line: FaultyLine, tmp_path: Path) -> Person:
    """Somebody behind the faulty line."""
    return signed_in(broker, tmp_path / "distant", line.port)


async def _run(person: CommandLine, *words: str) -> Done:
    return await asyncio.to_thread(person.run, *words)


async def _killed_when(person: Person, holds: object) -> None:
    """Begin to buy, and kill that as soon as it `holds`."""
    process = person.begin(*BUY)
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():  # type: ignore[operator]
                assert process.poll() is None, process.stderr
                await asyncio.sleep(0.02)
    finally:
        process.kill()
        process.communicate()


def kept(person: Person) -> list[Kept]:
    return [msgspec.json.decode(path.read_bytes(), type=Kept) for path in person.folder.glob("*.intent.json")]


async def test_killed_between_send_and_answer(line: FaultyLine, distant: Person) -> None:
    line.faults.append(Fault.HOLD_ANSWER)
    await _killed_when(distant, lambda: distant.http.get("/orders") != [])
    assert len(kept(distant)) == 1
    again = await _run(distant, *BUY)
    assert again.code == 0
    assert "placed already; it is not placed again" in again.err
    [order] = distant.http.get("/orders")
    assert order["orderId"] in again.out
    assert kept(distant) == []
    another = await _run(distant, *BUY)  # it is answered: this is a new one
    assert another.code == 0
    assert len(distant.http.get("/orders")) == 2


async def test_killed_before_it_arrived(line: FaultyLine, distant: Person) -> None:
    line.faults.append(Fault.HOLD_REQUEST)
    await _killed_when(distant, lambda: not line.faults)
    [before] = kept(distant)
    assert distant.http.get("/orders") == []
    again = await _run(distant, *BUY)
    assert "goes out with the key it had" in again.err
    [order] = distant.http.get(f"/orders?idempotencyKey={before.intent.key}")
    assert order["orderId"] in again.out
    assert kept(distant) == []


async def test_another_order_tells_of_the_unanswered_one(line: FaultyLine, distant: Person) -> None:
    line.faults.append(Fault.HOLD_ANSWER)
    await _killed_when(distant, lambda: distant.http.get("/orders") != [])
    other = await _run(distant, "buy", "META", "2", "--yes")
    assert other.code == 0
    assert "An earlier order (buy 1 META at the market" in other.err
    assert "It was placed. Bought 1 META" in other.err
    assert [order["numShares"] for order in distant.http.get("/orders")] == [2, 1]
    assert kept(distant) == []


async def test_answer_lost_is_asked_for_again(line: FaultyLine, distant: Person) -> None:
    line.faults.extend([Fault.LOSE_ANSWER, Fault.LOSE_REQUEST])
    done = await _run(distant, *BUY, "--json")
    assert (done.code, done.json["replayed"]) == (0, True)
    assert len(distant.http.get("/orders")) == 1


async def test_broker_killed_mid_request_and_started_again(tmp_path: Path) -> None:
    log, data_dir = tmp_path / "log", tmp_path / "data"
    async with FaultyLine(0, aimed_at=b"POST /order") as line:
        with contextlib.ExitStack() as brokers:
            first = brokers.enter_context(await asyncio.to_thread(_up, data_dir, log))
            line.broker_port = first.port
            person, http = await asyncio.to_thread(_new_person, tmp_path / "config", first.port, line.url)
            line.faults.append(Fault.HOLD_ANSWER)
            process = person.begin("buy", "META", "1", "--limit", "1", "--yes", "--json")
            try:
                async with asyncio.timeout(DEADLINE_S):
                    while not await asyncio.to_thread(http.get, "/orders"):
                        await asyncio.sleep(0.02)
                first.end_all()
                second = brokers.enter_context(await asyncio.to_thread(_up, data_dir, log))
                line.broker_port = second.port
                out, err = await asyncio.to_thread(process.communicate, timeout=DEADLINE_S)
            finally:
                process.kill()
            assert (process.returncode, msgspec.json.decode(out)["replayed"]) == (0, True), err
            [order] = await asyncio.to_thread(Http(second.port, http.token).get, "/orders")
            assert order["orderId"] == msgspec.json.decode(out)["order"]["orderId"]


def _up(data_dir: Path, log: Path) -> LocksleyUp:
    return LocksleyUp(data_dir, "--symbols", "10", log=log)


def _new_person(folder: Path, port: int, url: str) -> tuple[CommandLine, Http]:
    person = CommandLine(folder, url)
    assert person.run("signup", "kim@example.org", "--password-stdin", given="correct horse").code == 0
    token = msgspec.json.decode((folder / "default.profile.json").read_bytes())["token"]
    return person, Http(port, token)


def _keep(person: Person, user_id: str, sent_s_ago: float, url: str | None = None) -> Kept:
    sent_at = datetime.now(UTC) - timedelta(seconds=sent_s_ago)
    intent = buy("META", 1)
    found = Kept(url=url or person.environment["LOCKSLEY_URL"], user_id=user_id, intent=intent, first_sent_at=sent_at)
    ConfigFolder(person.folder).write(f"{intent.key}.intent.json", msgspec.json.encode(found))
    return found


def test_too_old_to_be_asked_about_is_not_sent(person: Person) -> None:
    _keep(person, person.http.get("/account")["userId"], 24 * 3_600)
    done = person.run(*BUY)
    assert done.code == 1
    assert "locksley orders --symbol META" in done.err
    assert person.http.get("/orders") == []
    assert person.run(*BUY).code == 0  # once it has been said, it is up to the person


def test_another_that_never_arrived_is_told_and_forgotten(person: Person) -> None:
    _keep(person, person.http.get("/account")["userId"], 120)
    done = person.run("buy", "META", "2", "--yes")
    assert "It never arrived; place it again if you still want it." in done.err
    assert kept(person) == []
    assert [order["numShares"] for order in person.http.get("/orders")] == [2]


def test_only_ones_own_are_unfinished_and_not_those_being_sent(person: Person) -> None:
    url = person.environment["LOCKSLEY_URL"]
    mine = _keep(person, "me", 10)
    _keep(person, "somebody else", 10)
    _keep(person, "me", 10, url="http://elsewhere")
    intents = KeptIntents(ConfigFolder(person.folder))
    assert intents.unfinished(Owner(url, "me")) == [mine]
    with intents.sending(mine):
        assert KeptIntents(ConfigFolder(person.folder)).unfinished(Owner(url, "me")) == []
    intents.forget(mine.intent)
    assert intents.unfinished(Owner(url, "me")) == []


def test_intent_is_on_the_disk_before_anything_is_sent(person: Person) -> None:
    with Client(person.environment["LOCKSLEY_URL"], person.http.token) as client:
        intents = KeptIntents(ConfigFolder(person.folder))
        owned = _keep(person, client.account().user_id, 0)
        with intents.sending(owned):
            assert kept(person) == [owned]
            placed = client.place(owned.intent)
        assert client.place(owned.intent).order.order_id == placed.order.order_id
