"""Connections that say nothing, half of something, or too many at once."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.web.broker import Broker
from tests.web.client import Client, answer_of, say

DEADLINE_S = 15


@contextlib.contextmanager
def line(broker: Broker, said: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", broker.port), DEADLINE_S) as connection:
        connection.sendall(said)
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """Until the server closes it; a `TimeoutError` when it does not."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


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


def test_body_that_does_not_come_is_not_waited_for(broker: Broker) -> None:
    head = b"POST /sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with line(broker, head) as connection:
        assert answer_of(all_of(connection)).status == 408


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
