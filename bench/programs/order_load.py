"""Places orders at fixed instants, whether or not the ones before were answered: an open loop, over keep-alive connections.

usage: python -m bench.programs.order_load
Reads a `Task` as a line of JSON, says `ready`, begins at the word `begin`, and says an `Outcome` as a line of JSON.
An order's latency counts from the instant that it was meant for, also when no connection was free then.
"""

import asyncio
import gc
import sys
import time
import uuid
from collections import deque
from typing import cast

import msgspec
import uvloop

REST_S_MAX = 20.0
LIMIT_EVERY = 5
LOW_PRICE_CENTS = 100


class Task(msgspec.Struct):
    port: int
    tokens: list[str]
    symbols: list[str]
    orders_per_second: float
    seconds: float
    connections: int


class Answer(msgspec.Struct, rename="camel"):
    """An order, or the problem of a refusal."""

    order_id: str = ""
    code: str = ""


class Outcome(msgspec.Struct):
    """`meant_for_s`: when in the run each of `took_ms` was meant to leave. `answers` counts status codes, `refusals` problem codes;
    `order_ids` are of the orders that were answered with 201 or 202."""

    took_ms: list[float]
    meant_for_s: list[float]
    late_to_send_ms: list[float]
    answers: dict[str, int]
    refusals: dict[str, int]
    order_ids: list[str]
    sent: int
    seconds: float


_decode = msgspec.json.Decoder(Answer).decode


class Request:
    __slots__ = ("data", "meant_for_s")

    def __init__(self, data: bytes, meant_for_s: float) -> None:
        self.data = data
        self.meant_for_s = meant_for_s


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.WriteTransport | None = None
        self._request: Request | None = None
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._load.free.append(self)

    def send(self, request: Request) -> None:
        assert self._transport is not None
        self._request = request
        self._transport.write(request.data)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator or self._request is None:
            return
        if len(body) < _content_length(head):
            return
        request, self._request, self._answer = self._request, None, b""
        self._load.answered(request, int(head[9:12]), body)
        self._load.is_free(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._request is not None:
            self._load.lost()
        else:
            self._load.left_idle(self)  # the broker ends connections that ask nothing for half a minute


class Load:
    def __init__(self, task: Task) -> None:
        self._task = task
        self.free: list[Connection] = []
        self._waiting: deque[Request] = deque()
        self._unanswered = 0
        self._outcome = Outcome([], [], [], {}, {}, [], 0, 0.0)
        self._began_s = 0.0
        self._all_answered = asyncio.Event()
        self._reconnecting: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        for _ in range(self._task.connections):
            await self._connect_one()

    async def _connect_one(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", self._task.port)

    def left_idle(self, connection: Connection) -> None:
        self.free.remove(connection)
        connecting = asyncio.ensure_future(self._connect_one())
        self._reconnecting.add(connecting)
        connecting.add_done_callback(self._reconnecting.discard)

    async def run(self) -> Outcome:
        task, began_s = self._task, time.monotonic()
        self._began_s = began_s
        count = int(task.orders_per_second * task.seconds)
        for number in range(count):
            meant_for_s = began_s + number / task.orders_per_second
            if (wait_s := meant_for_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            self._send(Request(self._data(number), meant_for_s))
            if wait_s < -0.01 and number % 16 == 0:
                await asyncio.sleep(0)
        await self._rest()
        self._outcome.sent = count
        self._outcome.seconds = time.monotonic() - began_s
        return self._outcome

    async def _rest(self) -> None:
        while self._unanswered:
            self._all_answered.clear()
            try:
                await asyncio.wait_for(self._all_answered.wait(), REST_S_MAX)
            except TimeoutError:
                self._count("unanswered", self._unanswered)
                return

    def _send(self, request: Request) -> None:
        self._unanswered += 1
        if self.free:
            self._send_on(self.free.pop(), request)
        else:
            self._waiting.append(request)

    def _send_on(self, connection: Connection, request: Request) -> None:
        self._outcome.late_to_send_ms.append((time.monotonic() - request.meant_for_s) * 1000)
        connection.send(request)

    def is_free(self, connection: Connection) -> None:
        if self._waiting:
            self._send_on(connection, self._waiting.popleft())
        else:
            self.free.append(connection)

    def answered(self, request: Request, status: int, body: bytes) -> None:
        self._outcome.took_ms.append((time.monotonic() - request.meant_for_s) * 1000)
        self._outcome.meant_for_s.append(request.meant_for_s - self._began_s)
        self._count(str(status), 1)
        answer = _decode(body)
        if status in (201, 202):
            self._outcome.order_ids.append(answer.order_id)
        else:
            self._outcome.refusals[answer.code] = self._outcome.refusals.get(answer.code, 0) + 1
        self._one_less()

    def lost(self) -> None:
        self._count("connection lost", 1)
        self._one_less()

    def _one_less(self) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._all_answered.set()

    def _count(self, what: str, number: int) -> None:
        self._outcome.answers[what] = self._outcome.answers.get(what, 0) + number

    def _data(self, number: int) -> bytes:
        task = self._task
        body = {"position": "buy", "symbol": task.symbols[number * 7 % len(task.symbols)], "numShares": 1}
        if number % LIMIT_EVERY == 0:
            body["priceInCents"] = LOW_PRICE_CENTS
        encoded = msgspec.json.encode(body)
        head = (
            "POST /order HTTP/1.1\r\nHost: broker\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {task.tokens[number % len(task.tokens)]}\r\n"
            f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(encoded)}\r\n\r\n"
        )
        return head.encode() + encoded


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    sys.exit(f"an answer without a length: {head!r}")


async def main() -> None:
    gc.disable()
    load = Load(msgspec.json.decode(sys.stdin.readline(), type=Task))
    await load.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    outcome = await load.run()
    print(msgspec.json.encode(outcome).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
