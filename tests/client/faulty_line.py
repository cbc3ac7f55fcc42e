"""A network between client and broker that loses what it is told to lose."""

import asyncio
import contextlib
from collections import deque
from enum import Enum

READ_BYTES = 65_536


class Fault(Enum):
    """What happens to a request, or to the connection that carries it."""

    LOSE_REQUEST = "the connection breaks before the request arrives"
    LOSE_ANSWER = "the connection breaks when the answer is on its way"
    HOLD_REQUEST = "the request never arrives, and the connection stays"
    HOLD_ANSWER = "the request arrives, the answer never does, and the connection stays"
    ANSWER_BAD_GATEWAY = "a proxy answers for the broker"


BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad"


class FaultyLine:
    """`faults` are taken in turn by requests that begin with `aimed_at`; without one a request goes through. `requests` counts those
    that came. `broker_port` is where new connections go."""

    def __init__(self, broker_port: int, aimed_at: bytes = b"") -> None:
        self.broker_port = broker_port
        self.aimed_at = aimed_at
        self._connections: set[asyncio.StreamWriter] = set()
        self._running: set[asyncio.Task[None]] = set()
        self.faults: deque[Fault] = deque()
        self.requests = 0

    async def __aenter__(self) -> "FaultyLine":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        self.cut()
        if self._running:
            await asyncio.wait(self._running)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Every connection that is open, at once."""
        for writer in self._connections:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.broker_port)
        except ConnectionError:
            self._running.discard(task)
            writer.transport.abort()
            return
        self._connections |= {writer, to_writer}
        losing, holding = asyncio.Event(), asyncio.Event()
        answers = asyncio.create_task(self._answers(to_reader, writer, losing, holding))
        try:
            await self._requests(reader, to_writer, writer, losing, holding)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            for end in (writer, to_writer):
                end.transport.abort()
                self._connections.discard(end)
            self._running.discard(task)

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        to_broker: asyncio.StreamWriter,
        to_client: asyncio.StreamWriter,
        losing: asyncio.Event,
        holding: asyncio.Event,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(READ_BYTES):
                self.requests += 1
                fault = self.faults.popleft() if self.faults and data.startswith(self.aimed_at) else None
                if fault is Fault.LOSE_REQUEST:
                    return
                if fault is Fault.HOLD_REQUEST:
                    continue
                if fault is Fault.ANSWER_BAD_GATEWAY:
                    to_client.write(BAD_GATEWAY)
                    await to_client.drain()
                    continue
                if fault is Fault.LOSE_ANSWER:
                    losing.set()
                if fault is Fault.HOLD_ANSWER:
                    holding.set()
                to_broker.write(data)
                await to_broker.drain()

    async def _answers(
        self,
        reader: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        losing: asyncio.Event,
        holding: asyncio.Event,
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(READ_BYTES):
                if losing.is_set():
                    break
                if holding.is_set():
                    continue
                to_client.write(data)
                await to_client.drain()
        to_client.transport.abort()
