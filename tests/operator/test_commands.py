"""`locksley dead-letters`, `audit` and `reconcile`, as processes, against a broker that runs."""

import re
import stat
import uuid
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.route import Route, Who
from tests.operator.conftest import Operator
from tests.paper_exchange.fixed_market import quote
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

LIMIT_CENTS = 9_000


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def damage_books(data_dir: Path, held_cents: int) -> None:
    """As a disk might, behind the broker's back."""
    connection = apsw.Connection(str(data_dir / "orders.sqlite"))
    connection.set_busy_timeout(5_000)
    connection.execute("UPDATE accounts SET held_cents = ?", (held_cents,))
    connection.close()


def test_an_order_that_nobody_can_settle(broker: Broker, operator: Operator) -> None:
    person = sign_up(broker)
    assert operator.run("dead-letters", "list").out == "No dead letters.\n"
    order = person.buy(10, LIMIT_CENTS).json
    order_id = order["orderId"]
    assert operator.run("reconcile").code == 0

    damage_books(operator.data_dir, 0)
    broker.happen(quote(800_000, 100, LIMIT_CENTS * 100, 100))  # its fill would release what is not held
    broker.eventually(lambda: _dead(broker) == [order_id])
    listed = operator.run("dead-letters", "list")
    assert listed.code == 0
    assert order_id in listed.out
    assert "held_cents" in listed.out
    told = operator.run("dead-letters", "list", "--json").json
    assert [one["order"]["orderId"] for one in told["deadLetters"]] == [order_id]
    assert {one["orderId"] for one in told["unbooked"]} == {order_id}

    report = operator.run("reconcile", "--date", today(), "--json")
    assert report.code == 1
    differing = {one["what"] for one in report.json["differences"] if one["orderId"] == order_id}
    assert {"state", "filled shares"} <= differing
    drawn = operator.run("reconcile")
    assert drawn.code == 1
    assert "books: held_cents" in drawn.out
    metrics = person.ask("GET", "/metrics").body.decode()
    assert f"locksley_reconciliation_differences {len(report.json['differences'])}" in metrics
    assert 'locksley_alarms_total{kind="not_bookable"}' in metrics

    shown = operator.run("dead-letters", "show", order_id)
    assert shown.code == 0
    assert "can not be booked" in shown.out
    assert operator.run("dead-letters", "retry", order_id).code == 1
    refused = operator.run("dead-letters", "discard", order_id, "--reason", "enough of it")
    assert refused.code == 1
    assert "was not discarded" in refused.err

    damage_books(operator.data_dir, 10 * LIMIT_CENTS)
    settled = operator.run("dead-letters", "retry", order_id, "--json")
    # Clean-up asks about it rarely, and may have come first.
    assert settled.code == 0 or "No dead letter" in settled.err
    broker.eventually(lambda: person.get(f"/order/{order_id}")["status"] == "filled")
    assert operator.run("reconcile").code == 0
    again = operator.run("dead-letters", "show", order_id)
    assert again.code == 1
    assert "No dead letter has this order id" in again.err


def _dead(broker: Broker) -> list[str]:
    letters = broker.on_loop(broker.services.desk.dead_letters.letters("", 10))
    return [letter.order.order_id for letter in letters]


def test_audit(broker: Broker, operator: Operator) -> None:
    person = sign_up(broker)
    order = person.buy(1, LIMIT_CENTS - 100, X_Request_Id="from-the-test").json
    person.ask("DELETE", f"/order/{order['orderId']}")
    rows = operator.run("audit", order["orderId"], "--json").json
    assert [(row["what"], row["result"]) for row in rows] == [
        ("placed", "pending"),
        ("accepted", "pending -> submitted"),
        ("cancel_asked", "submitted -> pending_cancel"),
        ("closed_by_exchange", "pending_cancel -> cancelled"),
    ]
    user_id = person.get("/account")["userId"]
    assert (rows[0]["actor"], rows[0]["address"], rows[0]["requestId"]) == (user_id, "127.0.0.1", "from-the-test")
    drawn = operator.run("audit", order["orderId"]).out
    assert drawn.splitlines()[0].split() == ["time", "what", "result", "by", "from", "request"]  # nothing has a detail
    assert len(drawn.splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["reconcile", "--date", "yesterday"], 2, "2026-11-22"),
        (["audit", "no order"], 1, "No order has this id"),
        (["audit", str(uuid.UUID(int=7))], 1, "No order has this id"),
        (["dead-letters", "retry", str(uuid.UUID(int=7))], 1, "No dead letter"),
        (["dead-letters", "discard", str(uuid.UUID(int=7))], 2, "--reason"),
        (["dead-letters", "show"], 2, "ORDER"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(operator: Operator, words: list[str], code: int, says: str) -> None:
    done = operator.run(*words)
    assert (done.code, len(done.err.splitlines())) == (code, 1)
    assert says in done.err


def test_refusal_is_a_document_too(operator: Operator) -> None:
    done = operator.run("audit", str(uuid.UUID(int=7)), "--json")
    assert (done.code, done.json["error"]["code"], done.json["error"]["mayHaveHappened"]) == (1, "not_found", False)


def test_orders_of_another_broker(broker: Broker, operator: Operator) -> None:
    """Of one at the same exchange: they are told of apart, and are no difference."""
    assert "of others" not in operator.run("reconcile").out
    order = {"symbol": "META", "side": "buy", "type": "limit", "priceE4": 1_001_000, "numShares": 3}
    by_another = {**order, "clientOrderId": str(uuid.uuid4()), "notAfter": "2100-01-01T00:00:00Z"}
    status, _ = broker.on_loop(broker.venue.ask("POST", "/orders", [by_another]))
    assert status == 200
    done = operator.run("reconcile")
    assert done.code == 0
    assert re.search(r"there, of others +1 +1 +3 +-\$\d+\.\d\d\n", done.out)
    assert "They are no difference." in done.out
    narrow = operator.run("reconcile", columns=80).out.splitlines()
    assert re.fullmatch(
        r"\S+ \(UTC\): the books of \d+ (person|people) computed anew, up to \S+ of the feed", narrow[0]
    )
    assert max(map(len, narrow)) <= 80
    assert operator.run("reconcile", "--json").json["others"]["orders"] == 1


def test_nobody_has_run_here(tmp_path: Path) -> None:
    done = Operator(tmp_path).run("reconcile")
    assert done.code == 2
    assert "locksley up" in done.err


def test_nobody_runs_here_now(tmp_path: Path) -> None:
    with Broker(tmp_path):
        pass
    done = Operator(tmp_path).run("dead-letters", "list")
    assert done.code == 2
    assert "no broker answers" in done.err


def test_the_token_is_for_the_owner_only(broker: Broker, data_dir: Path) -> None:
    assert stat.S_IMODE((data_dir / "operator.json").stat().st_mode) == 0o600


def test_every_route_here_is_the_operators() -> None:
    assert OPERATOR_ROUTES
    assert {route.who for route in OPERATOR_ROUTES} == {Who.OPERATOR}
    assert all(route.path.startswith("/operator/") for route in OPERATOR_ROUTES)


@pytest.mark.parametrize("route", OPERATOR_ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("who", ["nobody", "a person", "a wrong token", "no scheme"])
def test_only_the_operator(broker: Broker, data_dir: Path, route: Route, who: str) -> None:
    person = sign_up(broker) if who == "a person" else Client(broker.port)
    headers = {"a wrong token": {"Authorization": "Bearer x"}, "no scheme": {"Authorization": "x"}}.get(who, {})
    path = route.path.replace("{order_id}", str(uuid.UUID(int=7)))
    body = {"reason": "mine"} if route.body is not None else None
    answer = person.ask(route.method, path, body, **headers)
    assert (answer.status, answer.code) == (401, "not_signed_in")
