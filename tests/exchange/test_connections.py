"""At most so many connections, as an exchange counts them that is slow to notice anything."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from locksley.exchange.connections import Connections
from locksley.exchange.port import OutcomeUnknown, Unreachable
from tests.exchange.reading import config

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
NOTICES_AFTER_S = 0.03

Handle = Callable[["Server", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Sockets that do as `handle` says; a connection counts as open until its end was noticed."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.requests = self.open = self.most = self.ever = 0
        self.ends = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.ever += 1
        self.most = max(self.most, self.open)
        try:
            await self._handle(self, reader, writer)
        except ConnectionError:
            """Gone; it is noticed below."""
        finally:
            await asyncio.sleep(NOTICES_AFTER_S)
            self.open -= 1
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> bool:
        """Whether there was one more."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        length = [
            int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        await reader.readexactly(sum(length))
        self.requests += 1
        return True


async def answer(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await server.request(reader):
        writer.write(ANSWER)


async def say_nothing(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await server.request(reader):
        pass


async def say_nothing_to_the_first_two(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await (say_nothing if server.ever <= 2 else answer)(server, reader, writer)


async def read_nothing_from_the_first_two(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if server.ever <= 2:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await server.ends.wait()
    else:
        await answer(server, reader, writer)


async def hang_up_when_asked_again(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await server.request(reader)
    writer.write(ANSWER)
    await server.request(reader)


@asynccontextmanager
async def serving(handle: Handle, **changes: Any) -> AsyncIterator[tuple[Server, Connections]]:
    server = Server(handle)
    narrow = socket.create_server(("127.0.0.1", 0))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    host, port = narrow.getsockname()
    listener = await asyncio.start_server(server.take, sock=narrow)
    connections = Connections(config(exchange_url=f"http://{host}:{port}", **changes))
    try:
        yield server, connections
    finally:
        server.ends.set()
        await connections.close()
        listener.close()
        async with asyncio.timeout(10):
            while server.open:
                await asyncio.sleep(0.001)


async def post(connections: Connections, body: bytes = b"[]") -> str:
    try:
        answered = await connections.call("POST", "/orders", body=body)
    except OutcomeUnknown:
        return "unknown"
    except Unreachable:
        return "unreachable"
    return answered.body.decode()


async def test_a_crowd_shares_two_kept_connections() -> None:
    async with serving(answer) as (server, connections):
        assert set(await asyncio.gather(*[post(connections) for _ in range(50)])) == {"{}"}
        assert (server.requests, server.ever) == (50, 2)


async def test_one_after_the_other_uses_one_connection() -> None:
    async with serving(answer) as (server, connections):
        for _ in range(5):
            assert await post(connections) == "{}"
        assert server.ever == 1


async def test_a_new_connection_waits_until_the_end_of_the_old_was_noticed() -> None:
    changes = {"exchange_call_timeout_ms": 500, "exchange_reconnect_pause_ms": 200}
    async with serving(say_nothing_to_the_first_two, **changes) as (server, connections):
        outcomes = await asyncio.gather(*[post(connections) for _ in range(2)])
        assert outcomes == ["unknown", "unknown"]
        assert set(await asyncio.gather(*[post(connections) for _ in range(8)])) == {"{}"}
        assert server.most == 2
        assert server.ever > 2


async def test_who_waits_in_vain_for_a_connection_has_sent_nothing() -> None:
    changes = {"exchange_call_timeout_ms": 200, "exchange_reconnect_pause_ms": 200}
    async with serving(say_nothing, **changes) as (server, connections):
        outcomes = await asyncio.gather(*[post(connections) for _ in range(6)])
        assert sorted(outcomes) == ["unknown"] * 2 + ["unreachable"] * 4
        assert (server.requests, server.most) == (2, 2)


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_what_can_not_be_written_out_is_cut_off() -> None:
    changes = {"exchange_call_timeout_ms": 100, "exchange_reconnect_pause_ms": 250}
    async with serving(read_nothing_from_the_first_two, **changes) as (_, connections):
        huge = b" " * 20_000_000
        assert set(await asyncio.gather(post(connections, huge), post(connections, huge))) == {"unknown"}
        assert await post(connections) == "unreachable", "the slots rest for longer than a call lasts"
        async with asyncio.timeout(10):
            while await post(connections) != "{}":
                pass


async def test_a_post_is_never_sent_twice() -> None:
    async with serving(hang_up_when_asked_again) as (server, connections):
        assert await post(connections) == "{}"
        assert await post(connections) == "unknown"
        assert server.requests == 2


async def test_cancelled_call_gives_its_connection_back() -> None:
    async with serving(say_nothing_to_the_first_two, exchange_reconnect_pause_ms=200) as (server, connections):
        calls = [asyncio.create_task(post(connections)) for _ in range(2)]
        async with asyncio.timeout(10):
            while server.requests < 2:
                await asyncio.sleep(0.001)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        assert await post(connections) == "{}"
        assert server.most == 2


async def test_answer_beyond_the_bound() -> None:
    async with serving(answer, exchange_answer_bytes_max=1) as (_, connections):
        assert await post(connections) == "unknown"


async def test_nobody_there() -> None:
    async with serving(answer) as (_, connections):
        pass
    try:
        with pytest.raises(Unreachable):
            await connections.call("POST", "/orders", body=b"[]")
    finally:
        await connections.close()
