"""Connections that say nothing, half of something, or too many at once."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.broker import Broker
from tests.web.client import Client, answer_of, say

DEADLINE_S = 15
ESTABLISHED = "01"  # as the kernel lists it


@contextlib.contextmanager
def line(broker: Broker, said: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", broker.port), DEADLINE_S) as connection:
        connection.sendall(said)
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """Until the server closes it; a `TimeoutError` when it does not."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def is_held(port: int, by_port: int) -> bool:
    """Whether the kernel keeps this end of a connection: one that is broken off in this way is told nothing."""
    ends = [text.split()[1:4] for text in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(
        (int(here[-4:], 16), int(there[-4:], 16), state) == (port, by_port, ESTABLISHED) for here, there, state in ends
    )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /heal", id="half a line"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n", id="half a head"),
    ],
)
def test_head_that_does_not_come_is_not_waited_for(broker: Broker, said: bytes) -> None:
    with line(broker, said) as connection:
        answered = all_of(connection)
    assert answered == b"" or answer_of(answered).status == 408


POST = b"POST /sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("begun", [pytest.param(b"", id="not at all"), pytest.param(b"{", id="in part")])
def test_body_that_does_not_come_is_not_waited_for(broker: Broker, begun: bytes) -> None:
    with line(broker, POST + b"Content-Length: 9\r\n\r\n" + begun) as connection:
        assert answer_of(all_of(connection)).status == 408


@pytest.mark.parametrize("header", [b"", b"Expect: 100-continue\r\n"], ids=["sent", "asked for first"])
def test_body_that_would_be_too_large_is_not_waited_for(header: bytes, tmp_path: Path) -> None:
    with (
        Broker(tmp_path) as patient,
        line(patient, POST + header + b"Content-Length: 1000000000\r\n\r\n") as connection,
    ):
        answered = all_of(connection)
    assert b"100 Continue" not in answered
    assert (answer_of(answered).status, answer_of(answered).code) == (413, "body_too_large")


def test_connection_that_is_idle_after_its_request_is_closed(broker: Broker) -> None:
    with line(broker, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        assert answer_of(all_of(connection)).status == 200


def test_more_connections_than_there_may_be_wait_their_turn(tmp_path: object) -> None:
    with (
        Broker(tmp_path, connections_max=4, client_request_timeout_ms=500) as few,  # type: ignore[arg-type]
        contextlib.ExitStack() as silent,
    ):
        for _ in range(12):
            silent.enter_context(line(few, b""))
        assert Client(few.port).ask("GET", "/healthz").status == 200


def test_head_that_is_too_large(broker: Broker) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n"
    with contextlib.suppress(ConnectionError):  # it may be closed before all of this was read
        assert answer_of(say(broker.port, head)).status == 431
    assert Client(broker.port).ask("GET", "/healthz").status == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no request line"),
        pytest.param(b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", 400, id="no such version"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400, id="no header"),
        pytest.param(b"POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n", 400, id="no length"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 101 + b"\r\n", 431, id="many headers"),
    ],
)
def test_what_the_server_refuses_by_itself_has_no_body(broker: Broker, said: bytes, status: int) -> None:
    """So it is described; were this to change for the better, the description would be wrong."""
    with line(broker, said) as connection:
        answer = answer_of(all_of(connection))
    assert (answer.status, answer.body) == (status, b"")
    assert answer.headers["connection"] == "close"


def test_head_that_trickles_is_not_waited_for(broker: Broker) -> None:
    with line(broker, b"GET /healthz HTTP/1.1\r\nHost: x\r\n") as connection:
        connection.settimeout(0.05)
        broker.eventually(lambda: is_closed_on(connection))


def is_closed_on(connection: socket.socket) -> bool:
    """Whether one more line of a head finds nobody."""
    try:
        connection.sendall(b"a: b\r\n")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_answer_that_is_not_read_is_not_waited_for(broker: Broker) -> None:
    """Somebody asks for far more than the kernel keeps for them, and reads nothing of it."""
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(("127.0.0.1", broker.port))
        connection.sendall(ask)
        assert is_held(broker.port, connection.getsockname()[1])
        broker.eventually(lambda: not is_held(broker.port, connection.getsockname()[1]))
    assert Client(broker.port).ask("GET", "/healthz").status == 200
