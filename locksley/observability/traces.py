"""OpenTelemetry spans of both flows, sent by OTLP over HTTP: a request, inside it what was done for an order; a batch of the feed.

reads from: the calls that the flows make of order db and exchange, whose place it takes in the wiring. writes to: a bounded queue that a
thread sends away; what does not fit, or nobody takes, is lost. Only `observers` imports this, and only when traces are asked for.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanKind,
    StatusCode,
    get_current_span,
    set_span_in_context,
    use_span,
)

from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.exchange.port import Cancellations, NewOrder, OrderEntry, Placements
from locksley.observability.in_place import InPlaceOf, Newest
from locksley.order_db.port import Applied, IdempotencyKey, Lease, OrderEvents, Placed, Source
from locksley.order_db.upkeep import UpkeepDb
from locksley.web.call import CALL, Call, Receive, Scope, Send
from locksley.web.entrance import Application

ORDERS_MAX = 50_000
SPANS_WAITING_MAX = 8_192
SPANS_PER_EXPORT_MAX = 512
EXPORT_EVERY_MS = 1_000
EXPORT_TIMEOUT_S = 5
CLOSE_TIMEOUT_S = 3
DEFAULT_PATH = "/v1/traces"
FIRST_SERVER_ERROR = 500

_FEED = "feed"


class Way(NamedTuple):
    """The request that last wanted something of an order: a parent for spans, and its id."""

    context: Context
    request_id: str


class Ways:
    """By the order's id, and by the exchange's once that is known; the oldest are forgotten."""

    def __init__(self, orders_max: int = ORDERS_MAX) -> None:
        self._of: Newest[Way] = Newest(orders_max)
        self._orders: Newest[str] = Newest(orders_max)

    def keep(self, order_id: str, request_id: str) -> None:
        """The span that is current now becomes the parent."""
        parent = NonRecordingSpan(get_current_span().get_span_context())  # without what the span itself has kept
        self._of.keep(order_id, Way(set_span_in_context(parent, Context()), request_id))

    def name(self, external_order_id: str, order_id: str) -> None:
        if self._of.get(order_id) is not None:
            self._orders.keep(external_order_id, order_id)

    def get(self, order_id: str) -> Way | None:
        return self._of.get(order_id)

    def order_of(self, external_order_id: str) -> str:
        return self._orders.get(external_order_id) or ""


class Traces:
    """`url` is the collector's address; without a path, OTLP's own is meant. `close` sends what is waiting, for a while."""

    def __init__(self, url: str) -> None:
        exporter = OTLPSpanExporter(endpoint_of(url), timeout=EXPORT_TIMEOUT_S)
        self._provider = TracerProvider(resource=Resource.create({"service.name": "locksley"}), shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, SPANS_WAITING_MAX, EXPORT_EVERY_MS, SPANS_PER_EXPORT_MAX)
        )
        self._tracer = self._provider.get_tracer("locksley")
        self.ways = Ways()

    def begin(self, name: str, **attributes: str | int) -> Span:
        """Inside the span that is current in this task."""
        return self._tracer.start_span(name, attributes=_named(attributes))

    def begin_request(self, method: str) -> Span:
        return self._tracer.start_span(method, Context(), SpanKind.SERVER)

    def was(self, name: str, began_ns: int, order_id: str, error: str = "", **attributes: str | int) -> None:
        """Something done for an order, from `began_ns` (of `time.time_ns`) to now, with its request or, where that is not known, alone."""
        way = self.ways.get(order_id) or Way(Context(), "")
        given = _named({"order_id": order_id, "request_id": way.request_id, **attributes})
        span = self._tracer.start_span(name, way.context, attributes=given, start_time=began_ns)
        if error:
            span.set_status(StatusCode.ERROR, error)
        span.end()

    def was_batch(self, name: str, began_ns: int, order_ids: Sequence[str], **attributes: str | int) -> None:
        """Something done for many orders at once: a trace of its own, linked to their requests."""
        ways = [way for way in map(self.ways.get, order_ids) if way is not None]
        links = [Link(get_current_span(way.context).get_span_context()) for way in ways]
        given = _named({"orders": len(order_ids), **attributes})
        self._tracer.start_span(name, Context(), attributes=given, links=links, start_time=began_ns).end()

    async def close(self) -> None:
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            self._provider.shutdown()
            loop.call_soon_threadsafe(closed.set)

        # Not a thread of the loop's own: it would be waited for at the end, however long a silent collector takes.
        threading.Thread(target=close, name="last traces", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await closed.wait()
        except TimeoutError:
            pass


class TracedRequests:
    """A span for each request, current while it is answered; a stream's lasts as long as the stream."""

    def __init__(self, application: Application, traces: Traces) -> None:
        self._application = application
        self._traces = traces

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        span = self._traces.begin_request(scope["method"])

        def noting(message: Any) -> Any:
            if message["type"] == "http.response.start":
                _note_answer(span, message["status"])
            return send(message)

        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                await self._application(scope, receive, noting)
        finally:
            _note_request(span, scope)
            span.end()


class TracedOrderDb(InPlaceOf[UpkeepDb]):
    def __init__(self, orders: UpkeepDb, traces: Traces) -> None:
        super().__init__(orders)
        self._traces = traces

    async def place(self, order: Order, key: IdempotencyKey | None, source: Source) -> Placed:
        span = self._traces.begin("store order", order_id=order.order_id, request_id=source.request_id)
        self._traces.ways.keep(order.order_id, source.request_id)
        try:
            return await self._real.place(order, key, source)
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise
        finally:
            span.end()

    async def apply(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied]:
        began_ns = time.time_ns()
        if source.request_id:
            for change in changes:
                self._traces.ways.keep(change.order_id, source.request_id)
        error = ""
        try:
            applied = await self._real.apply(changes, source, feed_position, lease)
            self._learn(applied)
            return applied
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            self._tell(changes, source, began_ns, error)

    def _learn(self, applied: Sequence[Applied]) -> None:
        for one in applied:
            if one.order.external_order_id is not None:
                self._traces.ways.name(one.order.external_order_id, one.order.order_id)

    def _tell(self, changes: Sequence[OrderEvents], source: Source, began_ns: int, error: str) -> None:
        if source.actor == _FEED:
            self._traces.was_batch("book feed batch", began_ns, [change.order_id for change in changes], error=error)
        for change in changes:
            events = ", ".join(type(event).__name__ for event in change.events)
            self._traces.was("book order", began_ns, change.order_id, error, events=events, by=_role(source))


class TracedOrderEntry(InPlaceOf[OrderEntry]):
    def __init__(self, exchange: OrderEntry, traces: Traces) -> None:
        super().__init__(exchange)
        self._traces = traces

    async def place(self, orders: Sequence[NewOrder]) -> Placements:
        began_ns = time.time_ns()
        outcomes = ["unknown"] * len(orders)
        try:
            placements = await self._real.place(orders)
            outcomes = [item.refusal or "accepted" for item in placements.items]
            return placements
        finally:
            for order, outcome in zip(orders, outcomes, strict=True):
                self._sent("place at exchange", began_ns, order.client_order_id, outcome, len(orders))

    async def cancel(self, external_order_ids: Sequence[str]) -> Cancellations:
        began_ns = time.time_ns()
        outcomes = ["unknown"] * len(external_order_ids)
        try:
            answer = await self._real.cancel(external_order_ids)
            outcomes = [str(item.order.state) if item.order is not None else "unknown" for item in answer.items]
            return answer
        finally:
            orders = map(self._traces.ways.order_of, external_order_ids)
            for order_id, outcome in zip(orders, outcomes, strict=True):
                self._sent("cancel at exchange", began_ns, order_id, outcome, len(external_order_ids))

    def _sent(self, name: str, began_ns: int, order_id: str, outcome: str, batch: int) -> None:
        error = "not answered" if outcome == "unknown" else ""
        self._traces.was(name, began_ns, order_id, error, outcome=outcome, batch=batch)


def endpoint_of(url: str) -> str:
    address = urlsplit(url)
    return url if address.path.strip("/") else address._replace(path=DEFAULT_PATH).geturl()


def _note_answer(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= FIRST_SERVER_ERROR:
        span.set_status(StatusCode.ERROR)


def _note_request(span: Span, scope: Scope) -> None:
    """Never a body, a query or a header, nor a path, which can have an email in it. Of names there must be few: the route's."""
    call: Call | None = scope.get(CALL)
    span.set_attribute("http.request.method", scope["method"])
    if call is not None:
        if call.route is not None:
            span.update_name(f"{scope['method']} {call.route}")
            span.set_attribute("http.route", call.route)
        span.set_attribute("locksley.request_id", call.request_id)
        if call.caller is not None:
            span.set_attribute("locksley.user_id", call.caller.user_id)


def _role(source: Source) -> str:
    return "person" if source.request_id else source.actor


def _named(attributes: dict[str, str | int]) -> dict[str, str | int]:
    return {f"locksley.{name}": value for name, value in attributes.items() if value != ""}
