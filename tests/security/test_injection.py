"""What is echoed cannot make a header or a line of its own, and no two programs can read one request differently."""

import json
import re
import socket
from collections.abc import Mapping

import pytest

from tests.web.broker import Broker
from tests.web.client import TIMEOUT_S, Client, answer_of
from tests.web.conftest import sign_up

ORDER = json.dumps({"position": "buy", "symbol": "META", "numShares": 1, "priceInCents": 5_000}).encode()
MARK = "smuggled-1"
CLOSE = "Connection: close"

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def exchange(port: int, data: bytes) -> bytes:
    """All that comes back until the server closes the line, or resets it."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as line:
        line.sendall(data)
        try:
            while received := line.recv(65_536):
                said += received
        except ConnectionResetError:
            pass
    return said


def head(client: Client, request: str, *headers: str) -> bytes:
    lines = [f"{request} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {client.token}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def smuggled(client: Client) -> bytes:
    """A request of its own, if it is taken for one; its answer would carry the mark."""
    return head(client, "GET /account", f"X-Request-Id: {MARK}", CLOSE)


JSON = "Content-Type: application/json"

# Each is followed by what would be a second request to somebody who reads the first one shorter.
AMBIGUOUS: Mapping[str, tuple[tuple[str, ...], bytes]] = {
    "length_and_chunked": (("Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    "chunked_and_length": (("Transfer-Encoding: chunked", "Content-Length: 5"), b"0\r\n\r\n"),
    "two_lengths": (("Content-Length: 2", "Content-Length: 3"), b"{}"),
    "list_of_lengths": (("Content-Length: 2, 3",), b"{}"),
    "length_with_a_plus": (("Content-Length: +2",), b"{}"),
    "length_with_a_space": (("Content-Length: 2 2",), b"{}"),
    "length_in_hexadecimal": (("Content-Length: 0x2",), b"{}"),
    "length_empty": (("Content-Length: ",), b"{}"),
    "unknown_coding": (("Transfer-Encoding: xchunked", "Content-Length: 2"), b"{}"),
    "chunked_not_last": (("Transfer-Encoding: chunked, identity",), b"0\r\n\r\n"),
    "chunked_and_identity": (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), b"0\r\n\r\n"),
    "space_before_the_colon": (("Transfer-Encoding : chunked", "Content-Length: 2"), b"{}"),
    "folded_line": (("Transfer-Encoding:\r\n chunked", "Content-Length: 2"), b"{}"),
    "vertical_tab": (("Transfer-Encoding: \x0bchunked", "Content-Length: 2"), b"{}"),
    "carriage_return_in_a_line": (("X: a\rTransfer-Encoding: chunked", "Content-Length: 2"), b"{}"),
    "nul_in_a_line": (("X: a\0b", "Content-Length: 2"), b"{}"),
    "negative_chunk": (("Transfer-Encoding: chunked",), b"-1\r\n{}\r\n0\r\n\r\n"),
    "chunk_of_0x2": (("Transfer-Encoding: chunked",), b"0x2\r\n{}\r\n0\r\n\r\n"),
    "chunk_that_overflows": (("Transfer-Encoding: chunked",), b"10000000000000002\r\n{}\r\n0\r\n\r\n"),
    "chunks_with_bare_line_feeds": (("Transfer-Encoding: chunked",), b"2\n{}\n0\n\n"),
    "chunk_extension_too_long": (("Transfer-Encoding: chunked",), b"2;" + b"x" * 20_000 + b"\r\n{}\r\n0\r\n\r\n"),
}


@pytest.fixture(scope="module")
def person(broker: Broker) -> Client:
    return sign_up(broker)


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_request_that_can_be_read_in_two_ways(person: Client, kind: str) -> None:
    """One refusal, and the line is closed: what follows is nobody's request."""
    headers, body = AMBIGUOUS[kind]
    said = exchange(person.port, head(person, "POST /order", JSON, *headers) + body + smuggled(person))
    assert _STATUS.findall(said) == [b"400"], said
    assert MARK.encode() not in said
    assert person.get("/orders") == []


def test_body_that_is_a_request(person: Client) -> None:
    """A body is a body, also where none is asked for: one answer for each request."""
    hidden = smuggled(person)
    for request in ("GET /account", "DELETE /tokens/x"):
        sent = head(person, request, f"Content-Length: {len(hidden)}") + hidden + head(person, "GET /status", CLOSE)
        said = exchange(person.port, sent)
        assert len(_STATUS.findall(said)) == 2, said
        assert MARK.encode() not in said


def test_headers_after_the_body_count_for_nothing(broker: Broker) -> None:
    sender = sign_up(broker)
    other = sign_up(broker)
    chunk = b"%x\r\n%s\r\n0\r\n" % (len(ORDER), ORDER)
    trailers = f"Authorization: Bearer {other.token}\r\nIdempotency-Key: late\r\n\r\n".encode()
    said = exchange(
        sender.port, head(sender, "POST /order", JSON, "Transfer-Encoding: chunked", CLOSE) + chunk + trailers
    )
    assert answer_of(said).status == 201
    assert (len(sender.get("/orders")), other.get("/orders")) == (1, [])
    assert sender.get("/orders?idempotencyKey=late") == []


@pytest.mark.parametrize(
    "value",
    ["a\tb", "a b", "a%0d%0aSet-Cookie:x=1", "a\x85b", "a\xffb", "<script>", "x" * 65, "\x00"],
    ids=repr,
)
def test_request_id_that_is_no_name_is_not_echoed(person: Client, value: str) -> None:
    said = exchange(person.port, head(person, "GET /account", f"X-Request-Id: {value}", CLOSE))
    status = _STATUS.findall(said)
    assert status in ([b"200"], [b"400"]), said
    assert value.encode("latin-1") not in said


@pytest.mark.parametrize(
    "path",
    [
        "/symbol/%0d%0aSet-Cookie:%20a=b",
        "/symbols?query=%0d%0aSet-Cookie:%20a=b&limit=1",
        "/symbols?names=META%0d%0aSet-Cookie:%20a=b",
        "/orders?symbol=%0d%0aSet-Cookie:%20a=b",
        "/orders?idempotencyKey=%0aSet-Cookie:%20a=b&limit=1",
        "/symbols?query=%E5%98%8A%E5%98%8DSet-Cookie:%20a=b&limit=1",
        "/symbols?limit=1&query=%c4%8d%c4%8aSet-Cookie:%20a=b",
        "/symbols?query=&limit=1&query=%0d%0aSet-Cookie:%20a=b",
    ],
)
def test_line_break_in_what_is_echoed(person: Client, path: str) -> None:
    said = exchange(person.port, head(person, f"GET {path}", CLOSE))
    lines = said.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert not any(line.startswith(b"set-cookie") for line in lines), said
    assert not any(b"\n" in line or b"\r" in line for line in lines), said


@pytest.mark.parametrize(
    "path",
    [
        "/order/..%2f..%2faccount",
        "/order/%2e%2e/account",
        "/order/../account",
        "/static/..%2froutes.py",
        "/static/..%252froutes.py",
        "/static/..%c0%afroutes.py",
        "/static/..%e0%80%afroutes.py",
        "/static/..%f0%80%80%afroutes.py",
        "/static/%2e%2e/%2e%2e/routes.py",
        "/static/....//routes.py",
        "/static/..\\routes.py",
        "/static/..%5croutes.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/page.js%00.css",
        "/static/../account",
        "/./account",
        "//account",
        "/%2faccount",
        "/account%00",
        "/account%0d%0aX:1",
        "/account%2f",
        "/account;x=1",
        "/account/.",
        "/account%20",
        "/Account",
    ],
)
def test_another_way_to_write_an_address(person: Client, path: str) -> None:
    """A rule of a proxy in front is for an address as it is written; no other way to write it leads to the same place."""
    said = exchange(person.port, head(person, f"GET {path}", CLOSE))
    answer = answer_of(said)
    assert (answer.status, answer.code) == (404, "not_found"), said


@pytest.mark.parametrize("method", ["get", "TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND", "G\u00cbT"])
def test_method_that_is_none_of_ours(person: Client, method: str) -> None:
    said = exchange(person.port, head(person, f"{method} /account", CLOSE))
    assert _STATUS.findall(said)[0] in (b"400", b"405"), said
    assert str(person.token).encode() not in said


def test_two_authorizations_are_none(person: Client) -> None:
    """Two readers could each take another one for the person."""
    for first in (True, False):
        lines = [f"Authorization: Bearer {person.token}", "Authorization: Bearer x"]
        request = ["GET /account HTTP/1.1", "Host: localhost", *(lines if first else reversed(lines)), CLOSE, "", ""]
        assert answer_of(exchange(person.port, "\r\n".join(request).encode())).status == 401


def test_upgrade_is_not_taken_up(person: Client) -> None:
    for upgrade in ("websocket", "h2c"):
        headers = (f"Upgrade: {upgrade}", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13")
        said = exchange(person.port, head(person, "GET /account", *headers))
        assert _STATUS.findall(said)[0] != b"101", said
