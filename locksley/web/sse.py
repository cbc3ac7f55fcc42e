"""Server-sent events: frames, the sink that the symbol service writes to, and the life of an open response."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from locksley.domain.errors import NotSignedIn
from locksley.people.callers import Callers
from locksley.web.call import Call, Receive, Send
from locksley.web.entrance import ClientGone

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = b":\n\n"
CLOSE_MS_MAX = 2_000
MS_PER_SECOND = 1_000


def frame(event: str, data: bytes, event_id: str | None = None) -> bytes:
    head = f"event: {event}\ndata: " if event_id is None else f"id: {event_id}\nevent: {event}\ndata: "
    return head.encode() + data + b"\n\n"


class Sent:
    """What all price streams were sent since the start."""

    __slots__ = ("bytes", "writes")

    def __init__(self) -> None:
        self.bytes = 0
        self.writes = 0


class ResponseSink:
    """A `prices.sink.Sink` over the server's `send`. What is written before `open` waits for it: the response must begin first.

    `send` answers at once with something awaitable. When there was room it is finished already, and has no `done`; else its
    `done()` says whether it is. So whether a reader is slow can be seen without waiting, and without a task.
    """

    def __init__(self, send: Send, sent: Sent | None = None) -> None:
        self._send = send
        self._sent = sent or Sent()
        self._is_open = False
        self._head = b""
        self._is_written: Callable[[], bool] | None = None
        self.ended = asyncio.Event()

    def open(self) -> None:
        self._is_open = True
        if self._head:
            self.write(self._head)
            self._head = b""

    @property
    def ready(self) -> bool:
        return self._is_open and not self.stuck and not self.closed

    @property
    def stuck(self) -> bool:
        """A write has started and not finished."""
        return self._is_written is not None and not self._is_written()

    @property
    def closed(self) -> bool:
        return self.ended.is_set()

    def write(self, data: bytes) -> None:
        if not self._is_open:
            self._head += data
            return
        sent = self._sent
        sent.writes += 1
        sent.bytes += len(data)
        try:
            writing = self._send({"type": "http.response.body", "body": data, "more_body": True})
            self._is_written = getattr(writing, "done", None)
        except Exception:  # whatever the server says of a line that broke: it is broken
            self.close()

    def close(self) -> None:
        self.ended.set()


class OpenStreams:
    """Every open stream of this process, to be ended when it stops."""

    def __init__(self) -> None:
        self.sent = Sent()
        self._ended: set[asyncio.Event] = set()
        self._none_left = asyncio.Event()
        self._none_left.set()

    def __len__(self) -> int:
        return len(self._ended)

    def add(self, ended: asyncio.Event) -> None:
        self._ended.add(ended)
        self._none_left.clear()

    def discard(self, ended: asyncio.Event) -> None:
        self._ended.discard(ended)
        if not self._ended:
            self._none_left.set()

    async def close_all(self) -> None:
        for ended in self._ended:
            ended.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._none_left.wait(), CLOSE_MS_MAX / MS_PER_SECOND)


def at_end(call: Call, leave: Callable[[], None]) -> None:
    """Call it once the request is over, whatever happens, after what came later."""
    before = call.end

    def end() -> None:
        leave()
        if before is not None:
            before()

    call.end = end


async def end_with_caller(call: Call, callers: Callers, ended: asyncio.Event) -> None:
    """Set `ended` when the caller signs out, or the token is revoked, or the session expires. Raises `NotSignedIn` where that was
    while the caller was looked up: so it is asked only once there is somebody to be told."""
    if call.caller is None:
        raise NotSignedIn
    at_end(call, callers.attend(call.caller, ended.set))
    if not await callers.is_good(call.caller):
        raise NotSignedIn


class Stream:
    """The body of a streamed answer, as Falcon wants it: an iterator that writes past Falcon and ends with the reader.

    `write`, if there is one, runs as long as the stream does; `leave` is called once, whatever happens.
    """

    def __init__(
        self,
        call: Call,
        streams: OpenStreams,
        *,
        ended: asyncio.Event,
        sink: ResponseSink | None = None,
        write: Callable[[], Awaitable[None]] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        self._receive = call.receive
        self._streams = streams
        self._ended = ended
        self._sink = sink
        self._write = write
        self._leave = leave
        streams.add(ended)
        at_end(call, self._end)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._sink is not None:
            self._sink.open()
        gone = asyncio.ensure_future(_until_gone(self._receive))
        tasks = [gone, asyncio.ensure_future(self._ended.wait())]
        if self._write is not None:
            tasks.append(asyncio.ensure_future(_as_true(self._write())))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            was_gone = gone.done()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()  # what went wrong in writing ends the stream
        if was_gone or (self._sink is not None and self._sink.stuck):
            raise ClientGone  # there is nobody to say a last word to
        raise StopAsyncIteration

    def _end(self) -> None:
        self._streams.discard(self._ended)
        if self._leave is not None:
            self._leave()


async def _until_gone(receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _as_true(work: Awaitable[None]) -> bool:
    await work
    return True
