"""The log of a real broker at its most talkative: each order's way by the request's id, and no secrets."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog

from locksley.observability.logs import configure, without_secret_members, without_secrets
from tests.acceptance.process import LocksleyUp
from tests.acceptance.waiting import eventually
from tests.web.client import Client

PASSWORD = "correct horse battery"
MARKET = ("--symbols", "5", "--trades-per-second", "50")


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_an_orders_way_and_no_secrets(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with LocksleyUp(tmp_path / "data", "--log-level", "debug", *MARKET, log=log) as broker:
        person = Client(broker.port)
        credentials = {"email": "ada@example.org", "password": PASSWORD}
        assert person.ask("POST", "/users", credentials).status == 201
        wrong = person.ask("POST", "/sessions", {**credentials, "password": "wrong password"})
        assert wrong.status == 401
        person.token = person.ask("POST", "/sessions", credentials).json["token"]
        program = person.ask("POST", "/tokens", {"name": "a program"}).json["token"]
        [found] = person.get("/symbols?query=&limit=1")
        body = {"position": "buy", "symbol": found["symbol"], "numShares": 1}
        placed = person.ask("POST", "/order", body, X_Request_Id="my-own-id")
        assert placed.status == 201
        order_id = placed.json["orderId"]
        eventually("it is filled", lambda: person.get(f"/order/{order_id}")["status"] == "filled")
        operator = json.loads((tmp_path / "data" / "operator.json").read_text())["token"]
        kept = (tmp_path / "data" / "signing_keys.json").read_text()
    told = lines(log)
    way = [line for line in told if line.get("order_id") == order_id]
    assert {line["event"] for line in way} == {"order stored", "order sent", "order booked"}
    assert {line["request_id"] for line in way} == {"my-own-id"}
    assert any(line["trades"] for line in way if line["event"] == "order booked")
    [request] = [line for line in told if line["event"] == "request" and line["request_id"] == "my-own-id"]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/order", 201)
    text = log.read_text()
    secrets = [PASSWORD, "wrong password", person.token, program, operator, json.loads(kept)[0]["secret"], "$argon2"]
    assert [secret for secret in secrets if secret in text] == []


def test_quiet_unless_asked(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with LocksleyUp(tmp_path / "data", *MARKET, log=log) as broker:
        assert Client(broker.port).ask("GET", "/status").status == 401
    assert [line for line in lines(log) if line["level"] in ("debug", "warning", "error")] == []


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
        "lk_" + "x" * 43,
        "li_" + "x" * 32,
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "ada:hunter2",
    ],
)
def test_secret_in_a_message(secret: str) -> None:
    line = without_secrets(None, "", json.dumps({"error": f"http://{secret}@exchange:9000/"}))
    assert secret not in line
    assert "[not logged]" in line


def test_secret_by_its_name() -> None:
    event = {"event": "x", "password": "a", "api_token": "b", "Authorization": "c", "tokens_max": 5}
    assert without_secret_members(None, "", event) == {
        "event": "x",
        "password": "[not logged]",
        "api_token": "[not logged]",
        "Authorization": "[not logged]",
        "tokens_max": 5,
    }


def test_traceback_without_local_variables(capfd: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        for form in ("json", "text"):
            configure("info", form)
            _fail("hunter2 and more")
    finally:
        structlog.configure(**before)
    told = capfd.readouterr().err
    assert told.count("ZeroDivisionError") == 2
    assert "hunter2" not in told


def _fail(password: str) -> None:
    try:
        assert password
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("it failed")
