"""A line for each request, at level `debug` only: by whom, what, how it went, how long it took. Never a body, a query or a header."""

import time
from typing import Any

import structlog

from locksley.web.call import CALL, Call, Receive, Scope, Send, address_of
from locksley.web.entrance import Application

MS_PER_SECOND = 1_000

log = structlog.get_logger()


class RequestLog:
    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        began_s = time.monotonic()
        status = 0

        def noting(message: Any) -> Any:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        try:
            await self._application(scope, receive, noting)
        finally:
            _tell(scope, status, time.monotonic() - began_s)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    call: Call | None = scope.get(CALL)
    log.debug(
        "request",
        request_id=call.request_id if call is not None else None,
        method=scope["method"],
        path=scope["path"],
        status=status,
        user_id=call.caller.user_id if call is not None and call.caller is not None else None,
        address=address_of(scope),
        ms=round(seconds * MS_PER_SECOND, 1),
    )
