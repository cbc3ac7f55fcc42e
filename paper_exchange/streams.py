"""The open streams of the feed, one per client, and what is written to them.

Reads from: each stream's place on the tape. Writes to: its connection, as fast as its reader takes it and no faster.
If a reader goes away or is too slow for the tape, its connection is closed; it comes again and says where it was.
"""

import contextlib
import time

from aiohttp import web

from paper_exchange.committer import Committer
from paper_exchange.feed import FeedStream
from paper_exchange.tape import Gone

STREAMS_MAX = 1_000
HEARTBEAT_SECONDS = 1.0


class Reader:
    """One client's open connection. `waited_for`: whether a market at full speed waits for it."""

    def __init__(self, stream: FeedStream, request: web.BaseRequest) -> None:
        self.stream = stream
        self.waited_for = True
        self.broken = False
        self._request = request

    def break_off(self) -> None:
        self.broken = True
        if self._request.transport is not None:
            self._request.transport.abort()


class Streams:
    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._readers: dict[str, Reader] = {}

    @property
    def full(self) -> bool:
        return len(self._readers) >= STREAMS_MAX

    def slowest_number(self) -> int | None:
        """The trade that the slowest reader has been written, of those that are waited for."""
        return min((reader.stream.number for reader in self._readers.values() if reader.waited_for), default=None)

    def give_up_on(self, number: int) -> None:
        for reader in self._readers.values():
            if reader.stream.number <= number:
                reader.waited_for = False

    def break_off_all(self) -> None:
        for reader in self._readers.values():
            reader.break_off()
        self._committer.wake()

    async def serve(self, client: str, stream: FeedStream, request: web.BaseRequest) -> web.StreamResponse:
        """Writes the stream until it ends. An earlier stream of the same client is closed."""
        reader = Reader(stream, request)
        if (earlier := self._readers.get(client)) is not None:
            earlier.break_off()
            self._committer.wake()
        self._readers[client] = reader
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        response.force_close()
        try:
            with contextlib.suppress(ConnectionError, Gone):
                await response.prepare(request)
                await _write(response, reader, self._committer)
            reader.break_off()
        finally:
            if self._readers.get(client) is reader:
                del self._readers[client]
        return response


async def _write(response: web.StreamResponse, reader: Reader, committer: Committer) -> None:
    stream = reader.stream
    await response.write(stream.opening)
    heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS
    while not reader.broken:
        lines = stream.take(committer.shown_number)
        if lines.data:
            await response.write(lines.data)
        if lines.disconnect:
            return
        if (now := time.monotonic()) >= heartbeat_at:
            await response.write(stream.heartbeat())
            heartbeat_at = now + HEARTBEAT_SECONDS
        await committer.shown_beyond(stream.number, heartbeat_at - now)
