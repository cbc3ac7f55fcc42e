"""The HTTP server: Granian, embedded, on the event loop that everything else runs on."""

import asyncio
import contextlib
import socket
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from locksley.config import Config, ConfigError
from locksley.web.sse import OpenStreams
from locksley.web.unread import bound_unread

MS_PER_SECOND = 1_000
HTTP_BUFFER_BYTES_MIN = 8_192
BACKLOG_MAX = 4_096
START_MS_MAX = 10_000
STOP_MS_MAX = 5_000


class WebServer:
    """`start` returns once connections are taken; `port` is the one that was chosen, also for port 0."""

    def __init__(self, app: Any, streams: OpenStreams, config: Config) -> None:
        self._app = app
        self._streams = streams
        self._config = config
        self._reserved: socket.socket | None = None
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.port = config.port

    @property
    def url(self) -> str:
        """Where it can be reached from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._config.host, self._config.host)  # noqa: S104  (one is never bound to)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Raises `ConfigError` when the address cannot be used."""
        self._reserved = _reserve(self._config.host, self._config.port)
        self.port = self._reserved.getsockname()[1]
        self._server = self._granian()
        self._task = asyncio.create_task(self._server.serve())
        await _until_it_answers(self._config.host, self.port, self._task)
        bound_unread(self.port, self._config.answer_unread_timeout_ms)

    async def stop(self) -> None:
        """Ends every stream, answers what is under way, then stops."""
        if self._server is None or self._task is None or self._reserved is None:
            return
        await self._streams.close_all()
        self._server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._task, STOP_MS_MAX / MS_PER_SECOND)
        self._reserved.close()

    def _granian(self) -> Server:
        config = self._config
        return Server(
            self._app,
            address=config.host,
            port=self.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backlog=min(config.connections_max, BACKLOG_MAX),
            backpressure=config.connections_max,
            http1_settings=HTTP1Settings(
                header_read_timeout=config.client_request_timeout_ms,
                max_buffer_size=max(HTTP_BUFFER_BYTES_MIN, config.header_bytes_max),
            ),
            log_enabled=False,
        )


def _reserve(host: str, port: int) -> socket.socket:
    """Make sure that the port is ours. Granian shares ports between workers, so by itself it would not notice a second broker."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            chosen = probe.getsockname()
        reserved = socket.socket(family)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(chosen)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from error
    return reserved


async def _until_it_answers(host: str, port: int, serving: asyncio.Task[None]) -> None:
    async with asyncio.timeout(START_MS_MAX / MS_PER_SECOND):
        while not serving.done():
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
    await serving
