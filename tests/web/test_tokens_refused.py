"""Tokens that are not good: each is 401 on every route that needs a person."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from locksley.people.signing_keys import SigningKey
from locksley.web.route import Route, Who
from locksley.web.routes import ROUTES
from tests.web.broker import Broker
from tests.web.client import Client

PERSONAL = [route for route in ROUTES if route.who is Who.PERSON]


def _claims(user_id: str, **changes: Any) -> dict[str, Any]:
    now_s = int(time.time())
    claims = {
        "iss": "locksley",
        "aud": "locksley-api",
        "sub": user_id,
        "jti": "made-by-the-test",
        "iat": now_s,
        "exp": now_s + 600,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _signed(key: SigningKey, user_id: str, **changes: Any) -> str:
    return jwt.encode(_claims(user_id, **changes), key.secret, "HS256", headers={"kid": key.kid})


def _unsigned(key: SigningKey, user_id: str) -> str:
    parts = ({"alg": "none", "typ": "JWT", "kid": key.kid}, _claims(user_id))
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


BAD_TOKENS: dict[str, Callable[[SigningKey, str], str]] = {
    "garbage": lambda key, user: "garbage",
    "three_dots": lambda key, user: "a.b.c",
    "not_ascii": lambda key, user: "\xe9\xe8",
    "very_long": lambda key, user: "x" * 4_000,
    "alg_none": _unsigned,
    "other_alg": lambda key, user: jwt.encode(_claims(user), key.secret, "HS512", headers={"kid": key.kid}),
    "other_key": lambda key, user: jwt.encode(_claims(user), b"k" * 64, "HS256", headers={"kid": key.kid}),
    "unknown_kid": lambda key, user: jwt.encode(_claims(user), key.secret, "HS256", headers={"kid": "unknown"}),
    "no_kid": lambda key, user: jwt.encode(_claims(user), key.secret, "HS256"),
    "cut_short": lambda key, user: _signed(key, user)[:-3],
    "changed": lambda key, user: _signed(key, user).replace(".", ".A", 1),
    "expired": lambda key, user: _signed(key, user, exp=int(time.time()) - 1),
    "wrong_issuer": lambda key, user: _signed(key, user, iss="somebody"),
    "wrong_audience": lambda key, user: _signed(key, user, aud="somewhere"),
    "no_expiry": lambda key, user: _signed(key, user, exp=None),
    "expiry_no_number": lambda key, user: jwt.api_jws.encode(
        json.dumps(_claims(user, exp="never")).encode(), key.secret, "HS256", headers={"kid": key.kid}
    ),
    "no_subject": lambda key, user: _signed(key, user, sub=None),
    "no_token_id": lambda key, user: _signed(key, user, jti=None),
    "unknown_program_token": lambda key, user: "lk_" + "A" * 43,
    "short_program_token": lambda key, user: "lk_A",
}


@pytest.fixture(scope="session")
def key(broker: Broker) -> SigningKey:
    return broker.signing_key


def test_token_made_with_the_real_key_is_good(broker: Broker, key: SigningKey, ada: Client) -> None:
    """Else the refusals below would prove nothing."""
    user_id = ada.get("/account")["userId"]
    assert Client(broker.port, _signed(key, user_id)).get("/account")["userId"] == user_id


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_bad_token(broker: Broker, key: SigningKey, ada: Client, kind: str) -> None:
    token = BAD_TOKENS[kind](key, ada.get("/account")["userId"])
    refused = Client(broker.port).ask("GET", "/account", Authorization=f"Bearer {token}")
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    by_cookie = Client(broker.port).ask("GET", "/account", Cookie=f"locksley_session={token}")
    assert (by_cookie.status, by_cookie.code) == (401, "not_signed_in")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a, Bearer b", "garbage"])
def test_bad_authorization(nobody: Client, authorization: str) -> None:
    refused = nobody.ask("GET", "/account", Authorization=authorization)
    assert (refused.status, refused.code) == (401, "not_signed_in")


@pytest.mark.parametrize("route", PERSONAL, ids=lambda route: f"{route.method} {route.path}")
def test_every_personal_route_needs_a_person(nobody: Client, route: Route) -> None:
    path = route.path.format(name="META", order_id="x", token_id="x", stream_id="x", watchlist_id="x")
    body: Any = {} if route.body is not None else None
    refused = nobody.ask(route.method, path, body)
    assert (refused.status, refused.code) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_foreign_page_cannot_act_with_the_cookie(ada: Client, nobody: Client, headers: dict[str, str]) -> None:
    cookie = f"locksley_session={ada.token}"
    body: dict[str, Any] = {"position": "buy", "symbol": "META", "numShares": 1}
    before = ada.get("/orders")
    refused = nobody.ask("POST", "/order", body, Cookie=cookie, **headers)
    assert (refused.status, refused.code) == (403, "foreign_origin")
    assert ada.get("/orders") == before
    reading = nobody.ask("GET", "/account", Cookie=cookie, **headers)
    assert reading.status == 200


def test_own_page_can_act_with_the_cookie(ada: Client, nobody: Client) -> None:
    headers = {"Origin": f"http://127.0.0.1:{nobody.port}", "Sec-Fetch-Site": "same-origin"}
    made = nobody.ask("POST", "/tokens", {"name": "x"}, Cookie=f"locksley_session={ada.token}", **headers)
    assert made.status == 201
