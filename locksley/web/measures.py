"""How many requests each route had, and how many were refused and why."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

if TYPE_CHECKING:
    from locksley.web.routes import Route
    from locksley.web.sse import OpenStreams


class Measures:
    def __init__(self, registry: CollectorRegistry, streams: "OpenStreams") -> None:
        self._answered = Counter(
            "locksley_http_requests_answered",
            "Requests that were done, by route.",
            ["method", "path"],
            registry=registry,
        )
        self._refused = Counter(
            "locksley_http_requests_refused", "Requests that were refused, by code.", ["code"], registry=registry
        )
        open_streams = Gauge("locksley_http_streams_open", "Streams that are open now.", registry=registry)
        open_streams.set_function(lambda: len(streams))

    def of(self, route: "Route") -> Callable[[], None]:
        return self._answered.labels(route.method, route.path).inc

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()
