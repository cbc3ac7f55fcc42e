"""How many requests each route had and how long they took, and how many were refused and why."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from locksley.distribution import SECONDS, Distribution

if TYPE_CHECKING:
    from locksley.web.route import Route
    from locksley.web.sse import OpenStreams


class Measures(Collector):
    def __init__(self, registry: CollectorRegistry, streams: "OpenStreams") -> None:
        self._streams = streams
        self._answered: dict[tuple[str, str], Distribution] = {}
        self._refused: Counter[str] = Counter()
        registry.register(self)

    def of(self, route: "Route") -> Callable[[float], None]:
        """To be called with the moment, by `time.perf_counter`, at which the request began."""
        observe = self._answered.setdefault((route.method, route.path), Distribution(SECONDS)).observe
        now_s = time.perf_counter
        return lambda began_s: observe(now_s() - began_s)

    def refused(self, code: str) -> None:
        self._refused[code] += 1

    def collect(self) -> Iterator[Metric]:
        labels = ["method", "path"]
        answered = CounterMetricFamily("locksley_http_requests_answered", "Requests done, by route.", labels=labels)
        seconds = HistogramMetricFamily("locksley_http_request_seconds", "Until the answer was ready.", labels=labels)
        for route, spread in self._answered.items():
            answered.add_metric(route, spread.count)
            if spread.count:
                spread.put(seconds, route)
        refused = CounterMetricFamily("locksley_http_requests_refused", "Requests refused, by code.", labels=["code"])
        for code, count in sorted(self._refused.items()):
            refused.add_metric([code], count)
        yield from (answered, seconds, refused)
        yield GaugeMetricFamily("locksley_http_streams_open", "Streams that are open now.", value=len(self._streams))
