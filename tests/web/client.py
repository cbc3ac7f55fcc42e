"""A person's program: plain HTTP over a real socket."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.web import problems

TIMEOUT_S = 10


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a problem, which is as the description has it."""
        assert self.headers["content-type"] == "application/problem+json", self
        problem = self.json
        problems.check(problem)
        code: str = problem["code"]
        return code


class Frame(NamedTuple):
    id: str | None
    event: str
    data: Any


class Events:
    """An open stream of server-sent events."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.next()) is not None:
            yield frame

    def next(self) -> Frame | None:
        """The next event; None: the stream has ended."""
        fields: dict[str, str] = {}
        while line := self._response.readline():
            text = line.decode().rstrip("\n")
            if text and not text.startswith(":"):
                name, _, value = text.partition(": ")
                fields[name] = value
            elif not text and "event" in fields:
                return Frame(fields.get("id"), fields["event"], json.loads(fields["data"]))
        return None

    def next_comment(self) -> str:
        while line := self._response.readline():
            if line.startswith(b":"):
                return line.decode().strip()
        raise AssertionError("the stream ended before a comment")

    def until(self, event: str, **data: Any) -> Frame:
        """The first of this kind and with these members."""
        for frame in self:
            if frame.event == event and data.items() <= frame.data.items():
                return frame
        raise AssertionError(f"the stream ended before {event} {data}")

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class Client:
    """`address`: where it asks from, if that matters; all of 127.0.0.0/8 is this machine."""

    def __init__(self, port: int, token: str | None = None, address: str = "") -> None:
        self.port = port
        self.token = token
        self.address = address

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`body`: bytes as they are, anything else as JSON. Header names with underscores for dashes."""
        connection, response = self._begin(method, path, body, headers)
        try:
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def stream(self, method: str, path: str, body: Any = None, **headers: str) -> Events:
        connection, response = self._begin(method, path, body, headers)
        assert response.status == 200, response.read()
        assert response.getheader("content-type") == "text/event-stream"
        return Events(connection, response)

    def buy(self, num_shares: int = 1, price_cents: int | None = None, **headers: str) -> Answer:
        limit = {} if price_cents is None else {"priceInCents": price_cents}
        return self.ask(
            "POST", "/order", {"position": "buy", "symbol": "META", "numShares": num_shares, **limit}, **headers
        )

    def _begin(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        source = (self.address, 0) if self.address else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S, source_address=source)
        connection.request(method, path, body, sent)
        return connection, connection.getresponse()


def say(port: int, data: bytes) -> bytes:
    """Bytes on a socket, and all that comes back until the server closes it. Ask for `Connection: close`."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as line:
        line.sendall(data)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def answer_of(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(status_line.split()[1]), headers, body)
