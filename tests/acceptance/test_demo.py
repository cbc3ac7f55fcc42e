"""`locksley up --demo` whose demo.json is not what it wrote: one line that says what to do, and the broker runs."""

import json
from pathlib import Path

import pytest

from tests.acceptance.process import LocksleyUp
from tests.acceptance.waiting import eventually
from tests.web.client import Client


def start(data_dir: Path, log: Path) -> LocksleyUp:
    return LocksleyUp(data_dir, "--demo", "--symbols", "5", log=log)


def greeting(up: LocksleyUp) -> str:
    assert up.process.stdout is not None
    told = ""
    while "Ctrl-C stops" not in told:
        line = up.process.stdout.readline()
        assert line, f"no more than {told!r}"
        told += line.decode()
    return told


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One where the demo person is there."""
    folder = tmp_path_factory.mktemp("demo")
    with start(folder / "data", folder / "log") as up:
        eventually("the demo person is there", (folder / "data" / "demo.json").exists)
        assert up.interrupt() == 0
    return folder / "data"


@pytest.mark.parametrize("text", ["{broken", "", "[]", '{"email": 1}', None, "directory"])
def test_damaged(text: str | None, data_dir: Path, tmp_path: Path) -> None:
    file = data_dir / "demo.json"
    whole = file.read_bytes()
    file.unlink()
    if text == "directory":
        file.mkdir()
    elif text is not None:
        file.write_text(text)
    try:
        with start(data_dir, tmp_path / "log") as up:
            eventually("it says what to do", lambda: "no demo person" in up.log)
            assert str(file) in up.log
            assert ("reset-password" in up.log) is (text != "directory")
            assert up.interrupt() == 0
            assert "Traceback" not in up.log
    finally:
        if file.is_dir():
            file.rmdir()
        file.write_bytes(whole)


def test_deleted_token_is_not_offered(data_dir: Path, tmp_path: Path) -> None:
    known = json.loads((data_dir / "demo.json").read_bytes())
    with start(data_dir, tmp_path / "log") as up:
        assert known["token"] in greeting(up)
        person = Client(up.port)
        person.token = known["token"]
        [only] = person.get("/tokens")
        assert person.ask("DELETE", f"/tokens/{only['tokenId']}").status == 204
        assert up.interrupt() == 0
    with start(data_dir, tmp_path / "log") as up:
        told = greeting(up)
        assert (known["token"] in told, known["password"] in told, "tokens make" in told) == (False, True, True)
        assert up.interrupt() == 0


def test_of_a_database_that_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "demo.json"
    file.parent.mkdir()
    before = {"email": "demo@locksley.example", "password": "of before", "token": "lk_" + "x" * 43}
    file.write_text(json.dumps(before))
    with start(file.parent, tmp_path / "log") as up:
        eventually("there is a new person", lambda: json.loads(file.read_text()) != before)
        person = Client(up.port)
        person.token = json.loads(file.read_text())["token"]
        assert person.ask("GET", "/account").status == 200
        assert file.stat().st_mode & 0o777 == 0o600
        assert up.interrupt() == 0
