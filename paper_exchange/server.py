"""The exchange on the network: HTTP in front of order entry and the feed, and the faults that strike there.

Reads from: connections. Writes to: order entry, and answers once the committer says that they may be shown.
If it dies halfway, a caller without an answer asks again by its clientOrderId.
"""

import asyncio
import contextlib

from aiohttp import web
from multidict import MultiMapping

from paper_exchange.committer import Committer
from paper_exchange.faults import Faults, RequestFaults
from paper_exchange.feed import FeedStream
from paper_exchange.order_entry import Answer, OrderEntry
from paper_exchange.query import BadRequest, Query, only, text, whole_number
from paper_exchange.streams import Streams
from paper_exchange.tape import Gone

CLIENT_CHARACTERS_MAX = 128
LATE_REQUESTS_MAX = 10_000
_OWN_CALLS = ("/stats", "/faults")


class Server(web.Server):
    def __init__(self, order_entry: OrderEntry, committer: Committer, streams: Streams) -> None:
        super().__init__(self.handle, access_log=None)
        self._order_entry = order_entry
        self._exchange = order_entry.exchange
        self._stats = order_entry.stats
        self._faults: Faults = order_entry.faults
        self._committer = committer
        self._streams = streams
        self._stopping = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()

    def connection_lost(self, handler: object, exc: BaseException | None = None) -> None:
        self._stats.lost(handler)
        super().connection_lost(handler, exc)  # type: ignore[arg-type]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.path == "/trades/stream":
                return await self._stream(request)
            body = await request.read()
            if request.path in _OWN_CALLS:
                return _response(self._answer(request, body))
            return await self._enter(request, body)
        except web.HTTPRequestEntityTooLarge:
            return _response(self._order_entry.error(413, "the body is over 1 MiB; send fewer orders at once"))
        except OSError:
            return _response(self._order_entry.error(503, "the exchange cannot write its journal and is stopping"))

    async def _enter(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        self._stats.used(request.protocol, self._stats.order_entry)
        self._stats.requests += 1
        placing = request.method == "POST" and request.path == "/orders"
        faults = self._faults.for_request(body.count(b"clientOrderId") if placing else 0)
        if faults.delay_ms:
            await self._pause(faults.delay_ms)
        if faults.fail:
            return _response(self._order_entry.error(503, "nothing was done: a fault was asked for"))
        if faults.late_ms is not None:
            self._do_late(request, body, faults)
            return _response(self._order_entry.error(504, "no answer in time: a fault was asked for"))
        answer = self._answer(request, body, faults.refuse)
        await self._committer.durable()
        if faults.drop_answer and request.transport is not None:
            request.transport.abort()
        return _response(answer)

    def _do_late(self, request: web.BaseRequest, body: bytes, faults: RequestFaults) -> None:
        if len(self._late) < LATE_REQUESTS_MAX:
            task = asyncio.create_task(self._later(request, body, faults))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _later(self, request: web.BaseRequest, body: bytes, faults: RequestFaults) -> None:
        await self._pause(faults.late_ms or 0)
        self._answer(request, body, faults.refuse)
        await self._committer.durable()

    async def _pause(self, ms: int) -> None:
        """Cut short when the exchange stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), ms / 1000)

    def _answer(self, request: web.BaseRequest, body: bytes, refuse: int | None = None) -> Answer:
        return self._order_entry.answer(request.method, request.rel_url.raw_path, _query(request.query), body, refuse)

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "GET":
            return _response(Answer(405, b'{"error":"/trades/stream takes GET"}', "GET"))
        self._stats.used(request.protocol, self._stats.feed)
        if self._streams.full:
            return _response(self._order_entry.error(503, "too many streams are open; close one"))
        await self._committer.durable()
        try:
            client, stream = self._open_stream(_query(request.query))
        except BadRequest as error:
            return _response(self._order_entry.error(400, str(error)))
        except Gone as gone:
            return _response(Answer(410, self._order_entry.gone_body(gone)))
        return await self._streams.serve(client, stream, request)

    def _open_stream(self, query: Query) -> tuple[str, FeedStream]:
        only(query, "client", "after", "epoch")
        client = text(query, "client")
        if not client or len(client) > CLIENT_CHARACTERS_MAX:
            raise BadRequest(f"client must say who reads, in 1 to {CLIENT_CHARACTERS_MAX} characters")
        after, epoch = whole_number(query, "after"), whole_number(query, "epoch")
        return client, FeedStream(self._exchange, self._faults, after, epoch)

    async def stop(self) -> None:
        self._stopping.set()
        self._streams.break_off_all()
        await self.shutdown(timeout=1.0)


def _query(parameters: MultiMapping[str]) -> Query:
    return {name: parameters.getall(name) for name in parameters}


def _response(answer: Answer) -> web.Response:
    headers = {"Allow": answer.allow} if answer.allow else None
    return web.Response(status=answer.status, body=answer.body, content_type="application/json", headers=headers)
