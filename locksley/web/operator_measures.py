"""Alarms and the newest reconciliation, for the metrics."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from locksley.orders.alarms import Alarms
from locksley.orders.reconcile import Reconciler

MS_PER_SECOND = 1_000


class OperatorMeasures(Collector):
    def __init__(self, registry: CollectorRegistry, alarms: Alarms, reconciler: Reconciler) -> None:
        self._alarms = alarms
        self._reconciler = reconciler
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        alarms = CounterMetricFamily("locksley_alarms", "What must not happen and did, by kind.", labels=["kind"])
        for kind, count in sorted(self._alarms.counts.items()):
            alarms.add_metric([kind], count)
        yield alarms
        report, at_ms = self._reconciler.last, self._reconciler.last_at_ms
        if report is not None and at_ms is not None:
            yield GaugeMetricFamily(
                "locksley_reconciliation_differences",
                "What differed from the exchange, or did not add up, when it was last compared.",
                value=report.differences_count,
            )
            yield GaugeMetricFamily(
                "locksley_reconciliation_timestamp_seconds", "When that was.", value=at_ms / MS_PER_SECOND
            )
