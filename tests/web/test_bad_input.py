"""Whatever is sent, over the table of routes: a 4xx with a code and a sentence that helps, nothing stored, never a 5xx."""

import json
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import msgspec
import pytest

from locksley.orders.request import OrderRequest
from locksley.web.people import Credentials, NewToken, PasswordChange, SignUp
from locksley.web.route import Route
from locksley.web.routes import ROUTES
from locksley.web.subscriptions import Change, Subscription
from locksley.web.watchlists import NewWatchlist, WatchlistOrder
from tests.web.client import Answer, Client, answer_of, say

GOOD: Mapping[type, dict[str, Any]] = {
    Credentials: {"email": "new@example.org", "password": "correct horse"},
    SignUp: {"email": "new@example.org", "password": "correct horse"},
    NewToken: {"name": "robot"},
    PasswordChange: {"password": "correct horse", "newPassword": "another password"},
    OrderRequest: {"position": "buy", "symbol": "META", "numShares": 1, "priceInCents": 5_000},
    Subscription: {"symbols": ["META"]},
    Change: {"add": ["META"], "remove": []},
    NewWatchlist: {"name": "mine", "symbols": ["META"]},
    WatchlistOrder: {"watchlistIds": []},
}

WITH_BODY = [route for route in ROUTES if route.body is not None]
WITHOUT_QUERY = [route for route in ROUTES if route.query is None and route.method == "GET" and not route.is_stream]

MALFORMED: Mapping[str, bytes] = {
    "empty": b"",
    "no_json": b"position=buy&symbol=META",
    "cut_short": b'{"position": "buy", "symbol": "ME',
    "more_after_the_end": b"{} {}",
    "byte_order_mark": b"\xef\xbb\xbf{}",
    "not_utf8": b'{"symbol": "\xff\xfe", "name": "\xff", "email": "\xff"}',
    "lone_surrogate": b'{"symbol": "\\ud800", "name": "\\ud800", "email": "\\ud800", "symbols": ["\\ud800"]}',
    "nan": b'{"numShares": NaN}',
    "infinity": b'{"numShares": -Infinity}',
    "nul_byte": b"\x00",
    "null": b"null",
    "array": b"[]",
    "string": b'"buy"',
    "number": b"1",
    "deep_arrays": b"[" * 8_000,
    "deep_objects": b'{"a":' * 2_000,
    "gzip": b"\x1f\x8b\x08\x00",
}

WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    1.5,
    -1.0,
    "",
    "x" * 10_000,
    "\x00",
    "\u202e\u200b",
    "😀",
    "'; DROP TABLE orders; --",
    [],
    ["\x00"],
    [None],
    {},
    {"a": 1},
    0,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    10**300,
    -(10**300),
)

# The same value in each place where something else is wanted; those places where it is fine, or may be.
FINE = {
    ("password", "x" * 10_000): False,
    ("password", "'; DROP TABLE orders; --"): True,
    ("newPassword", "'; DROP TABLE orders; --"): True,
    ("name", "'; DROP TABLE orders; --"): True,
    ("name", "😀"): True,
    ("priceInCents", None): True,
}


def _path(route: Route) -> str:
    return route.path.format(name="META", order_id="x", token_id="x", stream_id="x", watchlist_id="x")


def _refused(answer: Answer) -> None:
    assert 400 <= answer.status < 500, answer
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["title"]
    assert problem["type"].endswith(f":{answer.code}")
    assert len(problem["detail"]) > 15, problem
    assert problem["detail"][-1] in ".`", problem


@pytest.fixture
def nothing_is_stored(ada: Client) -> Callable[[], None]:
    """Checks, when it is called, that what this person has is what it was before the test."""

    def state() -> list[Any]:
        return [ada.get(path) for path in ("/account", "/orders", "/activity", "/positions", "/tokens")]

    before = state()

    def check() -> None:
        assert state() == before

    return check


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_body(ada: Client, nothing_is_stored: Callable[[], None], kind: str) -> None:
    for route in WITH_BODY:
        answer = ada.ask(route.method, _path(route), MALFORMED[kind], Content_Type="application/json")
        _refused(answer)
        assert (answer.status, answer.code) == (400, "malformed"), route
    nothing_is_stored()


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: f"{route.method} {route.path}")
def test_unknown_and_missing_member(ada: Client, nothing_is_stored: Callable[[], None], route: Route) -> None:
    assert route.body is not None
    good = GOOD[route.body]
    unknown = ada.ask(route.method, _path(route), {**good, "userId": "somebody"})
    assert (unknown.status, unknown.code, unknown.json["member"]) == (400, "malformed", "userId")
    for field in msgspec.structs.fields(route.body):
        if field.required:
            without = {name: value for name, value in good.items() if name != field.encode_name}
            missing = ada.ask(route.method, _path(route), without)
            assert (missing.status, missing.json["member"]) == (400, field.encode_name)
    nothing_is_stored()


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: f"{route.method} {route.path}")
def test_wrong_value_of_a_member(ada: Client, nothing_is_stored: Callable[[], None], route: Route) -> None:
    assert route.body is not None
    good = GOOD[route.body]
    types = get_type_hints(route.body)
    for field in msgspec.structs.fields(route.body):
        for value in WRONG_VALUES:
            if _may_be_fine(field.encode_name, types[field.name], value):
                continue
            answer = ada.ask(route.method, _path(route), {**good, field.encode_name: value})
            _refused(answer)
            if not isinstance(value, (str, int, list)) or isinstance(value, bool):
                assert answer.json["member"].startswith(field.encode_name)
    nothing_is_stored()


def _may_be_fine(name: str, type_: Any, value: Any) -> bool:
    if FINE.get((name, value) if isinstance(value, str) or value is None else ("", ""), False):
        return True
    if name == "invitation" and isinstance(value, str) and len(value) <= 100:
        return True  # nobody asks for one where signing up is open
    if name == "priceInCents" and value == 2**31:
        return False
    if value == [] and (name == "watchlistIds" or (name == "symbols" and type_ != list[str])):
        return True  # a watchlist may be empty, a subscription may not
    return name in ("add", "remove") and value in ([], ["\x00"])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 404),
        ("Application/JSON; charset=utf-8", 404),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonx", 415),
        ("", 415),
    ],
)
def test_media_type_of_a_body(ada: Client, content_type: str, status: int) -> None:
    answer = ada.ask("PATCH", "/subscribe/x", b'{"add": []}', Content_Type=content_type)
    _refused(answer)
    assert answer.status == status


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: f"{route.method} {route.path}")
def test_body_too_large(ada: Client, nothing_is_stored: Callable[[], None], route: Route) -> None:
    assert route.body is not None
    padded = json.dumps(GOOD[route.body]).encode() + b" " * 16_384
    answer = ada.ask(route.method, _path(route), padded, Content_Type="application/json")
    _refused(answer)
    assert (answer.status, answer.code, answer.json["bytesMax"]) == (413, "body_too_large", 16_384)
    nothing_is_stored()


def test_body_too_large_in_chunks(ada: Client, nothing_is_stored: Callable[[], None]) -> None:
    head = _head(ada, "POST /order", "Transfer-Encoding: chunked", "Content-Type: application/json")
    chunk = b"3e8\r\n" + b" " * 1_000 + b"\r\n"
    answer = answer_of(say(ada.port, head + chunk * 50 + b"0\r\n\r\n"))
    assert (answer.status, answer.code) == (413, "body_too_large")
    nothing_is_stored()


def test_body_in_chunks_that_make_no_sense(ada: Client, nothing_is_stored: Callable[[], None]) -> None:
    head = _head(ada, "POST /order", "Transfer-Encoding: chunked", "Content-Type: application/json")
    answer = answer_of(say(ada.port, head + b"zz\r\n{}\r\n"))
    assert answer.status == 400
    nothing_is_stored()


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", "99999999999999999999", "3\r\nContent-Length: 4"])
def test_content_length_that_makes_no_sense(ada: Client, nothing_is_stored: Callable[[], None], length: str) -> None:
    answer = answer_of(say(ada.port, _head(ada, "POST /order", f"Content-Length: {length}") + b"{}"))
    assert answer.status in (400, 413)
    nothing_is_stored()


def test_headers_too_large(ada: Client) -> None:
    assert answer_of(say(ada.port, _head(ada, "GET /account", "X-Long: " + "x" * 40_000))).status == 431
    assert answer_of(say(ada.port, _head(ada, f"GET /{'x' * 40_000}"))).status in (414, 431)


@pytest.mark.parametrize(
    "head", [b"garbage\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"], ids=repr
)
def test_no_http_at_all(ada: Client, head: bytes) -> None:
    assert answer_of(say(ada.port, head)).status == 400
    assert ada.ask("GET", "/account").status == 200


@pytest.mark.parametrize("route", WITHOUT_QUERY, ids=lambda route: f"{route.method} {route.path}")
def test_query_where_none_is_taken(ada: Client, route: Route) -> None:
    answer = ada.ask(
        "GET", _path(route).replace("/META", "/icon.svg" if "static" in route.path else "/META") + "?userId=x"
    )
    _refused(answer)
    assert (answer.status, answer.json["member"]) == (400, "userId")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "limit=NaN",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "limit=%00",
        "cursor=x",
        "cursor=" + "x" * 300,
        "cursor=%FF",
        "cursor=%F0%9F%98%80",
        "cursor=AAAA",
        "unknown=1",
        "=1",
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/activity", "/symbols"])
def test_bad_query_of_a_list(ada: Client, path: str, query: str) -> None:
    answer = ada.ask("GET", f"{path}?{query}")
    _refused(answer)
    assert (answer.status, answer.code) == (400, "malformed")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/orders?status=open", 400),
        ("/orders?status=", 400),
        ("/orders?symbol=%00", 400),
        ("/activity?symbol=%00", 400),
        ("/activity?symbol=%FF", 400),
        ("/activity?symbol=" + "x" * 257, 400),
        ("/activity?symbol=META&symbol=AAPL", 400),
        ("/symbols?names=META,", 400),
        ("/symbols?names=,", 400),
        ("/symbols?names=META&query=A", 400),
        ("/symbols?names=META&limit=5", 400),
        ("/symbols?names=META,NOPE", 422),
        ("/symbols?names=" + ",".join(f"S{number}" for number in range(201)), 422),
        ("/symbols?query=%07", 400),
        ("/symbols?query=" + "x" * 300, 400),
        ("/subscribe", 400),
        ("/subscribe?symbols=", 400),
        ("/subscribe?symbols=META&symbols=AAPL", 400),
        ("/subscribe?symbols=META,NOPE", 422),
        ("/subscribe?symbols=%FF", 400),
        ("/subscribe?symbols=" + ",".join(f"S{number}" for number in range(201)), 422),
        ("/symbol/NOPE", 404),
        ("/symbol/%00", 404),
        ("/symbol/%FF", 404),
        ("/symbol/%F0%9F%98%80", 404),
        ("/symbol/" + "x" * 5_000, 404),
        ("/symbol/", 404),
        ("/symbol/META/", 404),
        ("/symbol/..%2F..%2Fetc", 404),
        ("/order/x", 404),
        ("/order/00000000-0000-0000-0000-000000000000", 404),
        ("/order/%00", 404),
        ("/order/00000000-0000-0000-0000-000000000000/events", 404),
        ("/static/../routes.py", 404),
        ("/static/%2e%2e%2froutes.py", 404),
        ("/nothing", 404),
        ("//account", 404),
        ("/account/", 404),
        ("/ACCOUNT", 404),
    ],
)
def test_bad_address(ada: Client, path: str, status: int) -> None:
    answer = ada.ask("GET", path)
    _refused(answer)
    assert answer.status == status, answer


@pytest.mark.parametrize("key", ["", "a" * 65, "a,b", "a b\tc", "caf\xe9"], ids=repr)
def test_bad_idempotency_key(ada: Client, nothing_is_stored: Callable[[], None], key: str) -> None:
    answer = ada.buy(Idempotency_Key=key)
    _refused(answer)
    assert (answer.status, answer.json["member"]) == (400, "Idempotency-Key")
    nothing_is_stored()


def test_idempotency_key_sent_twice(ada: Client, nothing_is_stored: Callable[[], None]) -> None:
    body = json.dumps(GOOD[OrderRequest]).encode()
    head = _head(
        ada,
        "POST /order",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Idempotency-Key: a",
        "Idempotency-Key: b",
    )
    assert answer_of(say(ada.port, head + body)).status == 400
    nothing_is_stored()


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "3-7", "\xb2", "9" * 30], ids=repr)
def test_bad_last_event_id(ada: Client, last: str) -> None:
    answer = ada.ask("GET", "/orders/stream", Last_Event_ID=last)
    _refused(answer)
    assert (answer.status, answer.json["member"]) == (400, "Last-Event-ID")


def _head(client: Client, request: str, *headers: str) -> bytes:
    lines = [f"{request} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {client.token}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/order", {"position": "by", "symbol": "META", "numShares": 1}, "'by'; use buy or sell."),
        ("GET", "/portfolio/history?interval=7m", None, "'7m'; use 1m, 5m, 15m, 30m, 1h, 1d or 1w."),
        ("GET", "/activity?format=pdf", None, "'pdf'; use csv or ghostfolio."),
    ],
)
def test_word_of_a_few_is_answered_with_all_of_them(ada: Client, method: str, path: str, body: Any, said: str) -> None:
    answer = ada.ask(method, path, body)
    assert (answer.status, answer.code) == (400, "malformed")
    assert answer.json["detail"].endswith(f" is wrong: invalid enum value {said}")
