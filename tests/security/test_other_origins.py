"""Pages of another origin: what they make a browser send with its cookie changes nothing, and signs nobody in."""

from typing import Any

import pytest

from locksley.web.route import Route, Who
from locksley.web.routes import ROUTES
from tests.security.theirs import Theirs
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import PASSWORD, sign_up

CHANGING = [route for route in ROUTES if route.who is Who.PERSON and route.method not in ("GET", "HEAD")]

BODIES: dict[str, Any] = {
    "POST /tokens": {"name": "robot"},
    "POST /subscribe": {"symbols": ["META"]},
    "PATCH /subscribe/{stream_id}": {"add": ["AAPL"]},
    "POST /watchlists": {"name": "mine", "symbols": ["META"]},
    "PUT /watchlists": {"watchlistIds": []},
    "PUT /watchlists/{watchlist_id}": {"name": "mine", "symbols": ["META"]},
    "POST /order": {"position": "buy", "symbol": "META", "numShares": 1},
}

FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "garbage"},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "unheard-of"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
)


@pytest.fixture(scope="module")
def theirs(broker: Broker) -> Any:
    things = Theirs(broker)
    yield things
    things.close()


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: f"{route.method} {route.path}")
def test_act_with_the_cookie(nobody: Client, theirs: Theirs, route: Route) -> None:
    path = theirs.path_of(route)
    body = BODIES.get(f"{route.method} {route.path}", {} if route.body is not None else None)
    before = theirs.state()
    for headers in FOREIGN:
        answer = nobody.ask(route.method, path, body, Cookie=f"locksley_session={theirs.client.token}", **headers)
        assert (answer.status, answer.code) == (403, "foreign_origin"), headers
    assert theirs.state() == before


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_sign_somebody_in_as_the_attacker(broker: Broker, nobody: Client, headers: dict[str, str]) -> None:
    """Else a person would trade, unknowingly, in an account that the attacker reads."""
    email = sign_up_slowly(broker)
    answer = nobody.ask("POST", "/sessions", {"email": email, "password": PASSWORD}, **headers)
    assert (answer.status, answer.code) == (403, "foreign_origin")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send(broker: Broker, nobody: Client, media_type: str) -> None:
    """Those media types need no leave of ours; JSON does, and no page gets it."""
    body = f'{{"email": "{sign_up_slowly(broker)}", "password": "{PASSWORD}"}}'.encode()
    answer = nobody.ask("POST", "/sessions", body, Content_Type=media_type)
    assert (answer.status, "set-cookie" in answer.headers) == (415, False)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_leave_for_another_origin(nobody: Client, theirs: Theirs, route: Route) -> None:
    path = theirs.path_of(route)
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": route.method}
    for method in ("OPTIONS", "GET"):
        answer = nobody.ask(method, path, **asked)
        assert [name for name in answer.headers if name.startswith("access-control-")] == []


def test_cookie_is_for_this_site_only(broker: Broker, nobody: Client) -> None:
    answer = nobody.ask("POST", "/sessions", {"email": sign_up_slowly(broker), "password": PASSWORD})
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


_emails: dict[Broker, str] = {}


def sign_up_slowly(broker: Broker) -> str:
    """The email of one person for all of these tests: a password's hash takes long."""
    if broker not in _emails:
        _emails[broker] = sign_up(broker).get("/session")["user"]["email"]
    return _emails[broker]
