"""The few connections to the exchange: who may use one, and when a lost one may be opened anew.

A connection that broke, or was given up while an answer was due, is cut at once; its slot rests for a pause, so that the
exchange has seen the end of it before another begins. Never more are open, as the exchange counts them, than allowed.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, NamedTuple

import aiohttp

from locksley.config import Config
from locksley.exchange.port import OutcomeUnknown, Unreachable

Query = Sequence[tuple[str, str]]

_KEEP_ALIVE_S = 3_600.0


class Answer(NamedTuple):
    status: int
    body: bytes


class Attempt:
    """One request on its way. `sent`: from here on the exchange may have read it."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = False


class Line:
    """One connection at most: made when it is first needed, kept, made again after it was lost."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=1,
                    keepalive_timeout=_KEEP_ALIVE_S,
                    happy_eyeballs_delay=None,
                    socket_factory=self._make_socket,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                trace_configs=[_mark_sent()],
                # The default bound of a chunked line is far below a line of 500 trades; whoever reads has a bound of its own.
                read_bufsize=2**18,
            )
        return self._session

    @property
    def open(self) -> bool:
        self._sockets = [known for known in self._sockets if known.fileno() != -1]
        return bool(self._sockets)

    def cut(self) -> None:
        """End the connection now, whatever is still to be written or read."""
        for known in self._sockets:
            with suppress(OSError):
                known.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _make_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _name, _address = address
        made = socket.socket(family, kind, protocol)
        self._sockets = [known for known in self._sockets if known.fileno() != -1]
        self._sockets.append(made)
        return made


class Connections:
    """Calls over at most `connections_max` connections, the one used last first."""

    def __init__(self, config: Config) -> None:
        self._url = config.exchange_url.rstrip("/")
        self._pause_s = config.exchange_reconnect_pause_ms / 1000
        self._timeout_s = config.exchange_call_timeout_ms / 1000
        self._answer_bytes_max = config.exchange_answer_bytes_max
        self._lines = [Line() for _ in range(config.exchange_connections_max)]
        self._free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        for line in self._lines:
            self._free.put_nowait(line)

    async def call(self, method: str, path: str, query: Query = (), body: bytes | None = None) -> Answer:
        """Raises `Unreachable` where nothing was sent, `OutcomeUnknown` where something was and no answer came in time."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        line = await self._free_line(deadline)
        attempt, answer = Attempt(), None
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._ask(line, attempt, method, path, query, body)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            failure = OutcomeUnknown if attempt.sent else Unreachable
            raise failure(f"{method} {path}: {str(error) or type(error).__name__}") from error
        finally:
            self._give_back(line, whole=answer is not None, used=attempt.sent)
        return answer

    @property
    def open_count(self) -> int:
        return sum(line.open for line in self._lines)

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    async def _free_line(self, deadline: float) -> Line:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._free.get()
        except TimeoutError:
            raise Unreachable("no connection to the exchange came free in time") from None

    async def _ask(
        self, line: Line, attempt: Attempt, method: str, path: str, query: Query, body: bytes | None
    ) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else None
        # aiohttp sends a GET again, once, when a kept connection turns out to be closed; a POST never.
        async with line.session.request(
            method,
            self._url + path,
            params=query,
            data=body,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=attempt,
        ) as response:
            parts, size = [], 0
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > self._answer_bytes_max:
                    raise ValueError(f"an answer of more than {self._answer_bytes_max} bytes")
            return Answer(response.status, b"".join(parts))

    def _give_back(self, line: Line, whole: bool, used: bool) -> None:
        if whole or not (used or line.open):
            self._free.put_nowait(line)
            return
        line.cut()
        asyncio.get_running_loop().call_later(self._pause_s, self._free.put_nowait, line)


def _mark_sent() -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_headers_sent)
    return config


async def _headers_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True
