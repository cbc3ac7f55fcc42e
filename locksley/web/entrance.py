"""The outermost ASGI application: reads the body within its bounds, and sees to it that every request gets an answer.

Falcon gets a request whose body is here already: there is nothing left to wait for, to bound or to go wrong in it.
"""

import asyncio
import contextlib
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from locksley.config import Config
from locksley.domain.errors import Malformed, Refusal
from locksley.web.call import CALL, Call, Message, Receive, Scope, Send
from locksley.web.problems import BodyTooLarge, BodyTooSlow, InternalError, NoSuchRoute, Problem

Event = Mapping[str, Any]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

MS_PER_SECOND = 1_000
DRAINED_BYTES_MAX = 1_048_576
DRAIN_MS_MAX = 1_000
HTTP_1_0 = "1"  # as the server has it

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,64}")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})

log = structlog.get_logger()


class ClientGone(Exception):
    """The client went away before its request was whole, or stopped reading the answer."""


class Entrance:
    def __init__(self, app: Application, config: Config) -> None:
        self._app = app
        self._body_bytes_max = config.body_bytes_max
        self._body_timeout_s = config.client_request_timeout_ms / MS_PER_SECOND
        self._process = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        call = Call(scope, receive, send, self._request_id(scope))
        scope[CALL] = call
        if scope["http_version"] == HTTP_1_0:  # the server frames the answer for it, and Falcon knows no such version
            scope["http_version"] = "1.1"
        try:
            if "//" in scope["path"]:
                raise NoSuchRoute  # Falcon would take `//account` for `/account`; a rule of a proxy in front would not
            if scope["method"] not in _WITHOUT_BODY:
                call.body_bytes = await self._body(call)
            await self._app(scope, _no_more_body, call.send)
        except ClientGone:
            pass
        except Refusal as refusal:
            await _answer(call, refusal)
        except Exception:
            log.exception("request failed", request_id=call.request_id, path=scope["path"])
            if not call.started:
                await _answer(call, InternalError())
        finally:
            call.let_go()

    def _request_id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _SANE_REQUEST_ID.fullmatch(value):
                return str(value, "ascii")
        return f"{self._process}-{next(self._numbers)}"

    async def _body(self, call: Call) -> bytes:
        declared = _declared_bytes(call.scope)
        if declared is not None and declared > self._body_bytes_max:
            await self._drain(call)
            raise self._too_large()
        try:
            async with asyncio.timeout(self._body_timeout_s):
                event = await call.receive()
                body: bytes = event.get("body") or b""
                # The server says only with one more event that a body is whole; waiting for that costs a fifth of the request.
                if event["type"] == "http.request" and (not event.get("more_body") or len(body) == declared):
                    return self._within_bounds(body)
                return await self._rest_of_body(call, event)
        except TimeoutError:
            raise BodyTooSlow from None

    async def _drain(self, call: Call) -> None:
        """Throw away what comes at once, so that the client gets to read the answer; one that asks first is not told to send."""
        if any(name == b"expect" for name, _ in call.scope["headers"]):
            return
        with contextlib.suppress(TimeoutError, Refusal):
            async with asyncio.timeout(DRAIN_MS_MAX / MS_PER_SECOND):
                await self._rest_of_body(call, await call.receive())

    async def _rest_of_body(self, call: Call, event: Event) -> bytes:
        """A body that is too large is read a little further and thrown away, so that the client gets to read the answer."""
        chunks: list[bytes] = []
        size_bytes = 0
        while True:
            if event["type"] == "http.disconnect":
                raise Malformed("The body ended early, or its chunks could not be read.")
            chunk = event.get("body") or b""
            size_bytes += len(chunk)
            if size_bytes <= self._body_bytes_max:
                chunks.append(chunk)
            if not event.get("more_body") or size_bytes > DRAINED_BYTES_MAX:
                break
            event = await call.receive()
        if size_bytes > self._body_bytes_max:
            raise self._too_large()
        return b"".join(chunks)

    def _within_bounds(self, body: bytes) -> bytes:
        if len(body) > self._body_bytes_max:
            raise self._too_large()
        return body

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"The body is larger than {self._body_bytes_max:,} bytes.", bytesMax=self._body_bytes_max)


def _declared_bytes(scope: Scope) -> int | None:
    """The body's length where the headers give it; None for one that comes in chunks."""
    declared: int | None = None
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            declared = int(value)
        elif name == b"transfer-encoding":
            return None
    return declared


async def _no_more_body() -> Event:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _answer(call: Call, refusal: Refusal) -> None:
    problem = Problem(refusal)
    headers = {**problem.headers, "content-length": str(len(problem.body))}
    start: Message = {
        "type": "http.response.start",
        "status": problem.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await call.send(start)
    await call.send({"type": "http.response.body", "body": problem.body})
