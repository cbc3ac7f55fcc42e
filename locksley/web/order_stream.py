"""A person's order updates as server-sent events: never conflated, so a reader that is too slow is disconnected and resumes."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from locksley.domain.errors import Malformed, StorageUnavailable
from locksley.order_db.port import OrderUpdate
from locksley.orders.updates import Reset
from locksley.web.call import Call
from locksley.web.entrance import ClientGone
from locksley.web.services import Services
from locksley.web.shapes import order_json
from locksley.web.sse import HEARTBEAT, Stream, at_end, end_with_caller, frame

MS_PER_SECOND = 1_000
NUMBER_MAX = 2**63 - 1
NUMBER_CHARS_MAX = 19

_encode = msgspec.json.Encoder().encode


async def stream(services: Services, call: Call) -> Stream:
    last_number, user_id = _last_number(call), call.user_id
    services.order_updates.take_place(user_id)
    at_end(call, lambda: services.order_updates.leave_place(user_id))
    ended = asyncio.Event()
    await end_with_caller(call, services.callers, ended)
    return Stream(call, services.streams, ended=ended, write=lambda: _write(services, call, last_number))


async def _write(services: Services, call: Call, last_number: int | None) -> None:
    timeout_s = services.config.stream_write_timeout_ms / MS_PER_SECOND
    await _send(call, f"retry: {_retry_ms(services.config.stream_retry_ms)}\n\n".encode(), timeout_s)
    try:
        async with aclosing(_generator(services, call, last_number)) as updates:
            async for batch in updates:
                await _send(call, _frames(batch), timeout_s)
    except StorageUnavailable:
        return  # the reader comes back, and resumes by its last number


def _generator(services: Services, call: Call, last_number: int | None) -> Any:
    return services.order_updates.stream(call.user_id, last_number)


async def _send(call: Call, data: bytes, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await call.send_now({"type": "http.response.body", "body": data, "more_body": True})
    except TimeoutError:
        raise ClientGone from None


def _frames(batch: Sequence[OrderUpdate] | Reset) -> bytes:
    if isinstance(batch, Reset):
        return b"".join(_snapshot(batch))
    if not batch:
        return HEARTBEAT
    return b"".join(frame("order", _encode(order_json(update.order)), str(update.number)) for update in batch)


def _snapshot(reset: Reset) -> Iterable[bytes]:
    """Oldest first. Only the last frame has the id: a reader that was cut off before it gets the whole snapshot again."""
    last = str(reset.number)
    yield frame("reset", b"{}", None if reset.orders else last)
    for left, order in zip(range(len(reset.orders) - 1, -1, -1), reversed(reset.orders), strict=True):
        yield frame("order", _encode(order_json(order)), None if left else last)


def _last_number(call: Call) -> int | None:
    given = call.req.last_event_id
    if given is None:
        return None
    is_number = given.isascii() and given.isdigit() and len(given) <= NUMBER_CHARS_MAX
    if not is_number or int(given) > NUMBER_MAX:
        raise Malformed("Last-Event-ID is the id of an event that this stream sent.", member="Last-Event-ID")
    return int(given)


def _retry_ms(around_ms: int) -> int:
    """Jittered, so that many who were cut off at once do not come back at once."""
    return random.randint(around_ms, 2 * around_ms)  # noqa: S311  # nothing secret
