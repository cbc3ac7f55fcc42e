"""One request on its way through: what came in, who sent it, and the headers that its answer gets."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

import falcon.asgi

from locksley.domain.errors import NotSignedIn
from locksley.order_db.port import Source
from locksley.people.callers import Caller

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

CALL = "locksley.call"

_EVERY_ANSWER: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

# What is private is stored nowhere on its way; an answer that is no page may do nothing when it is opened as one.
PRIVATE: Headers = (
    *_EVERY_ANSWER,
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
REVALIDATED: Headers = (
    *_EVERY_ANSWER,
    (b"cache-control", b"private, no-cache"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
PAGE: Headers = (
    *_EVERY_ANSWER,
    (b"cache-control", b"no-cache"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
)


def address_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


class Call:
    """`send` is the server's own with our headers added; `send_now` and `receive` are the server's own, for streams."""

    __slots__ = (
        "body",
        "body_bytes",
        "caller",
        "end",
        "headers",
        "query",
        "receive",
        "req",
        "request_id",
        "resp",
        "route",
        "scope",
        "send_now",
        "started",
    )

    req: falcon.asgi.Request
    resp: falcon.asgi.Response

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.scope = scope
        self.receive = receive
        self.send_now = send
        self.request_id = request_id
        self.route: str | None = None  # the template of its path, once it is known
        self.started = False
        self.headers = PRIVATE
        self.body_bytes = b""
        self.body: Any = None
        self.query: Any = None
        self.caller: Caller | None = None
        self.end: Callable[[], None] | None = None  # what a stream leaves behind, called once the request is over

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message["headers"], *self.headers, (b"x-request-id", self.request_id.encode())]
        return self.send_now(message)

    def let_go(self) -> None:
        """The request is over. Whatever it holds of the server is let go here and now, which may be waiting for that to close the
        connection: the scope has this call, so that all of it would stay until the garbage collector comes by."""
        end, self.end = self.end, None
        if end is not None:
            end()
        del self.scope, self.receive, self.send_now
        for name in ("req", "resp"):
            if hasattr(self, name):
                delattr(self, name)

    @property
    def user_id(self) -> str:
        if self.caller is None:
            raise NotSignedIn
        return self.caller.user_id

    @property
    def address(self) -> str:
        return address_of(self.scope)

    @property
    def is_https(self) -> bool:
        return self.scope.get("scheme") == "https"

    @property
    def source(self) -> Source:
        return Source(self.user_id, self.address, self.request_id)
