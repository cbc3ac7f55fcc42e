"""The trade feed over HTTP: one response that stays open, a line of JSON at a time.

Reads from the exchange; writes to whoever iterates. If it dies halfway, the feed reader opens another from where it was.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from locksley.config import Config
from locksley.exchange import wire
from locksley.exchange.connections import Answer, Attempt, Line
from locksley.exchange.http_client import understand
from locksley.exchange.port import FeedLine, FeedStart, OutcomeUnknown, Unreachable

_decode_line = msgspec.json.Decoder(wire.WireFeedStart | list[wire.WireTrade]).decode


class HttpFeed:
    """`Feed` of the exchange at `config.exchange_url`, read under the name `client`. One stream at a time."""

    def __init__(self, config: Config, client: str) -> None:
        self._url = config.exchange_url.rstrip("/") + "/trades/stream"
        self._client = client
        self._timeout_s = config.exchange_call_timeout_ms / 1000
        self._line_bytes_max = config.exchange_answer_bytes_max
        self._line = Line()

    async def close(self) -> None:
        await self._line.close()

    @asynccontextmanager
    async def open(self, epoch: int, after: int) -> AsyncIterator[tuple[FeedStart, AsyncIterator[FeedLine]]]:
        try:
            yield await self._begin(epoch, after)
        finally:
            self._line.cut()

    async def _begin(self, epoch: int, after: int) -> tuple[FeedStart, AsyncIterator[FeedLine]]:
        attempt = Attempt()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await understood(self._lines(await self._ask(attempt, epoch, after)))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            failure = OutcomeUnknown if attempt.sent else Unreachable
            raise failure(f"the feed did not open: {str(error) or type(error).__name__}") from error

    async def _ask(self, attempt: Attempt, epoch: int, after: int) -> aiohttp.ClientResponse:
        query = {"client": self._client, "after": str(after), "epoch": str(epoch)}
        response = await self._line.session.get(
            self._url, params=query, allow_redirects=False, trace_request_ctx=attempt
        )
        if response.status != 200:
            understand(Answer(response.status, await response.content.read(self._line_bytes_max)), lambda body: body)
        return response

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        rest = b""
        try:
            async for part in response.content.iter_any():
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    yield line
                if len(rest) > self._line_bytes_max:
                    raise ValueError(f"a line of more than {self._line_bytes_max} bytes")
        finally:
            response.close()


async def understood(lines: AsyncIterator[bytes]) -> tuple[FeedStart, AsyncIterator[FeedLine]]:
    """Where the feed starts, and what follows, from its lines of JSON. Raises `OutcomeUnknown` for what makes no sense."""
    first = _decoded(await anext(lines, b""))
    if not isinstance(first, wire.WireFeedStart):
        raise OutcomeUnknown("the feed's first line is not where it starts")
    return FeedStart(first.epoch, first.next), _understood(first.epoch, lines)


async def _understood(epoch: int, lines: AsyncIterator[bytes]) -> AsyncIterator[FeedLine]:
    try:
        async for line in lines:
            told = _decoded(line)
            if isinstance(told, wire.WireFeedStart):
                epoch = told.epoch
                yield FeedLine(epoch, ())
            else:
                yield FeedLine(epoch, wire.trades_of(epoch, told))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise OutcomeUnknown(f"the feed broke: {str(error) or type(error).__name__}") from error
    raise OutcomeUnknown("the feed ended")


def _decoded(line: bytes) -> wire.WireFeedStart | list[wire.WireTrade]:
    try:
        told: wire.WireFeedStart | list[wire.WireTrade] = _decode_line(line)
    except ValueError as error:
        raise OutcomeUnknown(f"a line of the feed that makes no sense: {error}") from error
    return told
