"""What every answer has for a browser to go by, and what a spreadsheet makes of the activity."""

import csv
import io
from typing import Any

import pytest

from locksley.domain.order import Side
from locksley.web import activity_csv, shapes
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.route import Route, Who
from locksley.web.routes import ROUTES
from tests.security.theirs import Theirs
from tests.web.broker import Broker
from tests.web.client import Answer, Client

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def theirs(broker: Broker) -> Any:
    things = Theirs(broker)
    yield things
    things.close()


def check(answer: Answer, *, private: bool) -> None:
    assert EVERYWHERE.items() <= answer.headers.items(), answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-request-id"]
    assert "x-powered-by" not in answer.headers
    if private:
        assert answer.headers["cache-control"] in ("no-store", "private, no-cache"), answer


@pytest.mark.parametrize("route", [*ROUTES, *OPERATOR_ROUTES], ids=lambda route: f"{route.method} {route.path}")
def test_headers_of_every_answer(theirs: Theirs, nobody: Client, route: Route) -> None:
    path = theirs.path_of(route)
    body: dict[str, Any] | None = {} if route.body is not None else None
    private = route.who is not Who.ANYONE
    check(nobody.ask(route.method, path, body), private=private)  # the answer to everybody, or 401
    check(nobody.ask("BREW", path), private=True)
    check(nobody.ask("OPTIONS", path), private=True)
    if not route.is_stream and route.method == "GET" and private:
        check(theirs.client.ask("GET", path), private=True)
    if body is not None:
        check(theirs.client.ask(route.method, path, body), private=True)
        check(theirs.client.ask(route.method, path, b"x" * 20_000), private=True)


def test_headers_of_a_stream(theirs: Theirs) -> None:
    connection, response = theirs.client._begin("GET", "/subscribe?symbols=META", None, {})
    try:
        names = {name.lower(): value for name, value in response.getheaders()}
    finally:
        response.close()
        connection.close()
    check(Answer(response.status, names, b""), private=True)


def test_what_is_not_there(nobody: Client) -> None:
    check(nobody.ask("GET", "/nothing"), private=True)
    check(nobody.ask("GET", "//nothing"), private=True)


@pytest.mark.parametrize(
    "symbol", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")']
)
def test_cell_that_a_spreadsheet_would_compute(symbol: str) -> None:
    """An exchange names its symbols; whatever they are called, a spreadsheet shows them as text."""
    [_, row] = csv.reader(io.StringIO(as_csv(symbol), newline=""))
    assert row[3].lstrip("'") == symbol
    assert row[3][0] not in "=+-@\t\r"


def test_cells_that_are_as_they_are() -> None:
    [_, row] = csv.reader(io.StringIO(as_csv("BRK.B"), newline=""))
    assert row == ["fill-1", "fill", "2026-11-22T00:00:00.000Z", "BRK.B", "buy", "3", "1.50", "-450"]


def as_csv(symbol: str) -> str:
    fill = shapes.Activity(
        activity_id="fill-1",
        type="fill",
        time="2026-11-22T00:00:00.000Z",
        symbol=symbol,
        position=Side.BUY,
        shares=3,
        price="1.50",
        amount_in_cents=-450,
    )
    return activity_csv.spreadsheet([fill]).decode()
