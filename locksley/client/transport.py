"""One request over the network and back: the only file of the client that knows HTTP."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec

from locksley.client.errors import AnswerNotUnderstood, LocksleyError, NoAnswer, NotFound, family

USER_AGENT = "locksley-client"
REQUEST_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 10.0
SILENCE_S_MAX = 45.0
ANSWER_BYTES_MAX = 16_777_216
CHUNK_BYTES = 65_536
RETRY_AFTER_S_MAX = 3_600.0
CONNECTIONS_MAX = 20


class Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Any = None
    headers: Mapping[str, str] = {}


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """`token` may be set anew at any time. Raises `ValueError` for a `url` that is none."""

    def __init__(self, url: str, token: str | None, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a broker; write it like http://127.0.0.1:8000")
        self.url = url.rstrip("/")
        self.token = token
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request) -> Reply:
        """A good answer. Raises `NoAnswer`, or the `Refused` that the broker answered with."""
        timeout = aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, self._timeout_s))
        with _as_no_answer(self.url):
            async with self._ask(request, timeout) as response:
                reply = Reply(response.status, response.headers, await _body(response))
        _refuse(reply, self.url)
        return reply

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a streamed answer, as they come. Silence for `SILENCE_S_MAX` breaks it: the broker's heartbeats are shorter."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_S_MAX)
        with _as_no_answer(self.url):
            async with self._ask(request, timeout) as response:
                if response.status != HTTPStatus.OK:
                    _refuse(Reply(response.status, response.headers, await _body(response)), self.url)
                yield _chunks(response)

    def _ask(self, request: Request, timeout: aiohttp.ClientTimeout) -> Any:
        headers = {**request.headers}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return self._opened().request(
            request.method,
            self.url + request.path,
            params=request.query or None,
            data=None if request.body is None else msgspec.json.encode(request.body),
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT},
                trust_env=True,
            )
        return self._session


class _as_no_answer:  # noqa: N801  (it reads as what it does)
    """What the network raises, as `NoAnswer`. Only where no connection was made it is sure that nothing happened."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
            raise NoAnswer(f"no broker answers at {self._url}: {_plain(error)}", may_have_happened=False) from error
        if isinstance(error, TimeoutError):
            raise NoAnswer(f"the broker at {self._url} did not answer in time", may_have_happened=True) from error
        if isinstance(error, aiohttp.ClientError | OSError):
            raise NoAnswer(f"the connection to {self._url} was lost", may_have_happened=True) from error


def _plain(error: Exception) -> str:
    reason = getattr(error, "os_error", None)
    if reason is not None and reason.errno is not None and reason.errno > 0:
        return os.strerror(reason.errno).lower()
    return str(reason or error) or type(error).__name__


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in response.content.iter_any():
        yield chunk


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise AnswerNotUnderstood(f"the answer is larger than {ANSWER_BYTES_MAX:,} bytes")
    return bytes(body)


def _refuse(reply: Reply, url: str) -> None:
    if 200 <= reply.status < 300:
        return
    raise _refusal(reply, url)


def _refusal(reply: Reply, url: str) -> LocksleyError:
    members: dict[str, Any] = {}
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        members = msgspec.json.decode(reply.body, type=dict[str, Any])
    if reply.status < 400:
        return AnswerNotUnderstood(f"a broker does not answer {reply.status}; is this its address?")
    detail = str(members.get("detail") or _of_no_broker(reply.status, url))
    code = str(members.get("code") or f"http_{reply.status}")
    return family(reply.status)(reply.status, code, detail, members, _retry_after_s(reply.headers))


def _of_no_broker(status: int, url: str) -> str:
    """A broker itself always says more; what stands before one may fail for it with as little."""
    if family(status) is NotFound or status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"the answer was {status}: {url} is no Locksley broker, or an address within one"
    return f"the answer was {status} and says nothing more"


def _retry_after_s(headers: Mapping[str, str]) -> float:
    value = headers.get("Retry-After", "")
    return min(float(value), RETRY_AFTER_S_MAX) if value.isascii() and value.isdigit() else 0.0
