"""What a stream does when its reader does not read; the server's `send` is played, since a socket takes megabytes before it blocks."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from locksley.orders.updates import Reset
from locksley.web import order_stream
from locksley.web.call import Call
from locksley.web.entrance import ClientGone
from locksley.web.sse import OpenStreams, ResponseSink, Stream


class Line:
    """A server's side of a connection: writes are done at once while there is `room`, and never without."""

    def __init__(self) -> None:
        self.room = True
        self.written: list[bytes] = []
        self.unfinished: list[asyncio.Future[None]] = []
        self.gone = asyncio.Event()

    def send(self, message: Any) -> Any:
        self.written.append(message["body"])
        if self.room:
            return Done()
        self.unfinished.append(asyncio.get_running_loop().create_future())
        return self.unfinished[-1]

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}


class Done:
    """What the server gives for a write that there was room for: finished, and without `done`."""

    def __await__(self) -> Any:
        return iter(())


def _call(line: Line) -> Call:
    return Call({"type": "http"}, line.receive, line.send, "request-1")


async def test_sink_keeps_the_first_write_until_the_response_begins() -> None:
    line = Line()
    sink = ResponseSink(line.send)
    sink.write(b"head")
    assert (sink.ready, line.written) == (False, [])
    sink.open()
    assert (sink.ready, line.written) == (True, [b"head"])


async def test_sink_is_ready_again_when_its_write_is_done() -> None:
    line = Line()
    line.room = False
    sink = ResponseSink(line.send)
    sink.open()
    sink.write(b"slow")
    assert (sink.ready, sink.stuck) == (False, True)
    line.unfinished[0].set_result(None)
    assert (sink.ready, sink.stuck) == (True, False)


async def test_sink_on_a_broken_line_is_closed() -> None:
    def broken(_message: Any) -> Any:
        raise RuntimeError("the line is broken")

    sink = ResponseSink(broken)
    sink.open()
    sink.write(b"lost")
    assert (sink.closed, sink.ready) == (True, False)


async def test_stuck_stream_that_is_closed_ends_without_a_last_word() -> None:
    line, streams = Line(), OpenStreams()
    line.room = False
    call = _call(line)
    sink = ResponseSink(line.send)
    left: list[str] = []
    stream = Stream(call, streams, ended=sink.ended, sink=sink, leave=lambda: left.append("left"))
    sink.write(b"never read")
    reading = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    sink.close()
    with pytest.raises(ClientGone):
        await reading
    assert call.end is not None
    call.end()
    assert (left, len(streams)) == (["left"], 0)


async def test_reader_too_slow_for_order_updates_is_disconnected() -> None:
    class Updates:
        async def stream(self, user_id: str, last_number: int | None) -> Any:
            while True:
                line.room = False
                yield Reset(1, [])

    line, streams = Line(), OpenStreams()
    config = SimpleNamespace(stream_write_timeout_ms=20, stream_retry_ms=1_000)
    services: Any = SimpleNamespace(config=config, order_updates=Updates())
    call = _call(line)
    call.caller = SimpleNamespace(user_id="somebody")  # type: ignore[assignment]
    stream = Stream(call, streams, ended=asyncio.Event(), write=lambda: order_stream._write(services, call, None))
    with pytest.raises(ClientGone):
        await anext(stream)
    retry, reset = line.written
    assert retry.startswith(b"retry: ")
    assert reset == b"id: 1\nevent: reset\ndata: {}\n\n"


async def test_streams_end_when_the_broker_stops() -> None:
    line, streams = Line(), OpenStreams()
    call = _call(line)
    sink = ResponseSink(line.send)
    stream = Stream(call, streams, ended=sink.ended, sink=sink)
    reading = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(streams.close_all())
    with pytest.raises(StopAsyncIteration):
        await reading
    assert call.end is not None
    call.end()
    await closing
