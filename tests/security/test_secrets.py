"""Secrets stay where they belong: not in the log, not in a file that others can read, and stored only as digests."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec
import pytest

from tests.acceptance.process import LocksleyUp
from tests.acceptance.waiting import eventually
from tests.security.test_injection import exchange, head
from tests.web.client import Client

PASSWORD, WRONG_PASSWORD, NEW_PASSWORD = "Pw-6f1c-right-horse", "Pw-93aa-wrong-horse", "Pw-2d07-next-horse"
FORGED = "forged-4b1d.forged-4b1d.forged-4b1d"
UNUSED_PROGRAM_TOKEN = "lk_" + "Zq7" * 14 + "Z"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
KEEPS_SECRETS = {"signing_keys.json", "operator.json", "order_secret"}


class Lived(NamedTuple):
    """A broker after a day's work. `said`: all that came out of it."""

    data_dir: Path
    said: str
    secrets: dict[str, str]
    modes: dict[str, int]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    home = tmp_path_factory.mktemp("lived")
    data_dir = home / "data"
    data_dir.mkdir(mode=0o755)  # somebody made it beforehand, readable by all, as `mkdir` does
    before = os.umask(0o022)
    try:
        with LocksleyUp(data_dir, "--symbols", "3", log=home / "log") as broker:
            secrets = a_days_work(broker, data_dir)
            modes = {str(path.relative_to(data_dir)): path.stat().st_mode for path in data_dir.rglob("*")}
            modes["."] = data_dir.stat().st_mode
            broker.interrupt()
            assert broker.process.stdout is not None
            said = broker.log + broker.process.stdout.read().decode()
        yield Lived(data_dir, said, secrets, modes)
    finally:
        os.umask(before)


def a_days_work(broker: LocksleyUp, data_dir: Path) -> dict[str, str]:
    """Everything that takes or gives a secret, well and badly; at the end something that is nobody's fault but ours, a 500."""
    client = Client(broker.port)
    credentials = {"email": "ada@example.org", "password": PASSWORD}
    assert client.ask("POST", "/users", credentials).status == 201
    assert client.ask("POST", "/users", credentials).status == 409
    assert client.ask("POST", "/users", {**credentials, "password": [PASSWORD]}).status == 400
    assert client.ask("POST", "/sessions", credentials | {"password": WRONG_PASSWORD}).status == 401
    assert client.ask("POST", "/sessions", PASSWORD.encode(), Content_Type="application/json").status == 400
    signed_in = client.ask("POST", "/sessions", credentials)
    session = str(signed_in.json["token"])
    assert session in signed_in.headers["set-cookie"]
    for token in (FORGED, UNUSED_PROGRAM_TOKEN, session[:-2]):
        assert client.ask("GET", "/account", Authorization=f"Bearer {token}").status == 401
        assert client.ask("GET", "/account", Cookie=f"locksley_session={token}").status == 401
    client.token = session
    program = str(client.ask("POST", "/tokens", {"name": "robot"}).json["token"])
    for old, status in ((WRONG_PASSWORD, 401), ([PASSWORD], 400), (PASSWORD, 200)):
        changed = client.ask("PUT", "/password", {"password": old, "newPassword": NEW_PASSWORD})
        assert changed.status == status
    client.token = str(changed.json["token"])
    for path in (f"/tokens/{program}", f"/symbol/{session}", f"/order/{program}", f"/{program}?token={session}"):
        assert client.ask("DELETE" if "tokens" in path else "GET", path).status in (400, 404)
    exchange(broker.port, head(client, "GET /account", f"X-Request-Id: {program}", f"Transfer-Encoding: {session}"))
    assert broker.exchange is not None
    os.kill(broker.exchange, 9)
    client.buy(1)
    eventually("another exchange is started", lambda: broker.exchange_now() not in (None, broker.exchange))
    break_the_database(data_dir)
    for method, path, body in (("POST", "/users", credentials), ("POST", "/tokens", {"name": PASSWORD})):
        answer = client.ask(method, path, body)
        assert answer.status in (500, 503), answer
    operator = msgspec.json.decode((data_dir / "operator.json").read_bytes())
    keys = msgspec.json.decode((data_dir / "signing_keys.json").read_bytes())
    return {
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "new password": NEW_PASSWORD,
        "session after it": client.token,
        "session": session,
        "signature of the session": session.rpartition(".")[2],
        "program's token": program,
        "forged token": FORGED,
        "unused token": UNUSED_PROGRAM_TOKEN,
        "operator's token": operator["token"],
        "signing key": keys[0]["secret"],
        "secret of the orders' ids": (data_dir / "order_secret").read_text().strip(),
    }


def break_the_database(data_dir: Path) -> None:
    connection = apsw.Connection(str(data_dir / "orders.sqlite"))
    connection.set_busy_timeout(10_000)
    for table in ("people", "program_tokens"):
        connection.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
    connection.close()


def test_log(lived: Lived) -> None:
    assert "request failed" in lived.said  # the log tells of what went wrong
    assert [name for name, secret in lived.secrets.items() if secret in lived.said] == []


def test_files_are_their_owners(lived: Lived) -> None:
    assert {name for name in lived.modes if "/" not in name} >= {
        "orders.sqlite",
        "signing_keys.json",
        "exchange.journal",
    }
    readable = {name: oct(mode) for name, mode in lived.modes.items() if mode & OTHERS and name != "."}
    assert readable == {}


def test_stored_only_as_digests(lived: Lived) -> None:
    files = [path for path in lived.data_dir.rglob("*") if path.is_file() and path.name not in KEEPS_SECRETS]
    assert len(files) > 3
    found = [
        (str(path.relative_to(lived.data_dir)), name)
        for path in files
        for name, secret in lived.secrets.items()
        if secret.encode() in path.read_bytes()
    ]
    assert found == []


def test_command_line(lived: Lived) -> None:
    """Nothing secret is given as a word of a command, where every user of the machine could read it."""
    words = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert [name for name, secret in lived.secrets.items() if secret in words] == []
