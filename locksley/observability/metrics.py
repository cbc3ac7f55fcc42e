"""The broker's figures for `/metrics`, read off it when they are asked for: the flows count in plain integers and know nothing of it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from locksley.distribution import Distribution
from locksley.observability.measured import Tallies
from locksley.web.sse import OpenStreams

if TYPE_CHECKING:
    from locksley.app import Broker

MS_PER_SECOND = 1_000

Families = Iterator[Metric]


class BrokerMeasures(Collector):
    def __init__(self, registry: CollectorRegistry, broker: "Broker", tallies: Tallies, streams: OpenStreams) -> None:
        self._broker = broker
        self._tallies = tallies
        self._streams = streams
        registry.register(self)

    def collect(self) -> Families:
        yield from self._feed()
        yield from self._prices()
        yield from self._watching()
        yield from self._orders()
        yield from self._database()
        yield from self._exchange()
        yield from self._settling()

    def _feed(self) -> Families:
        reader = self._broker.feed_reader
        lag_ms = reader.lag_ms
        if lag_ms is not None:
            yield _gauge("feed_lag_seconds", "Age of the newest that the feed told.", lag_ms / MS_PER_SECOND)
        yield _gauge("feed_connected", "1: the feed's connection is open.", reader.connected)
        yield _gauge("feed_caught_up", "1: everything that had traded when it opened is read.", reader.caught_up)
        yield _gauge("feed_stale", "1: the feed is silent, and prices are shown as stale.", reader.stale)
        yield _counter("feed_trades", "Trades read, each once.", reader.trades_count)
        yield _counter("feed_connects", "Connections to the feed that were opened.", reader.connects_count)
        yield _counter("feed_gaps_asked", "Times that missing trades were asked from history.", reader.gaps_count)
        yield _counter("feed_trades_lost", "Trades that could not be had any more.", reader.lost_count)
        yield _gauge("feed_waiting_trades", "Trades read that the order side has not taken yet.", reader.waiting_count)

    def _prices(self) -> Families:
        processor = self._broker.price_processor
        yield _counter("prices_published", "Prices put into the cache and onto the bus.", processor.published_count)
        yield _gauge("symbols", "Symbols that trade.", len(self._broker.directory))

    def _watching(self) -> Families:
        service, sent = self._broker.symbol_service, self._streams.sent
        yield _gauge("watchers", "Open price streams.", service.watchers_count)
        yield _gauge("watched_symbols", "Symbols with a watcher.", service.topics_count)
        yield _gauge("watchers_late", "Watchers whose last write has not finished.", service.hub.late_count)
        yield _counter("watchers_dropped", "Streams closed as their reader took too long.", service.hub.dropped_count)
        yield _counter("watch_ticks", "Ticks of the hub.", service.hub.ticks_count)
        yield _counter("watch_frames", "Price frames due to watchers.", service.hub.frames_count)
        yield _counter("watch_writes", "Writes to price streams.", sent.writes)
        yield _counter("watch_bytes", "Bytes written to price streams.", sent.bytes)

    def _orders(self) -> Families:
        tallies, gateway = self._tallies, self._broker.gateway
        yield _counters(
            "orders_stored", "Placements, by what the database made of them.", ["outcome"], tallies.orders_stored
        )
        yield _counters("orders_sent", "Orders sent, by the exchange's answer.", ["outcome"], tallies.orders_sent)
        yield _counters(
            "orders_moved", "Changes of orders, by who learnt of it.", ["status", "by"], tallies.orders_moved
        )
        yield _histograms("booking_seconds", "Storing what was learnt.", "by", tallies.booking_seconds)
        waiting = GaugeMetricFamily("locksley_gateway_waiting", "Queued for a connection.", labels=["what"])
        waiting.add_metric(["placements"], gateway.placements_waiting)
        waiting.add_metric(["cancels"], gateway.cancels_waiting)
        yield waiting
        yield _gauge("gateway_in_flight", "Placements whose answer is still out.", gateway.in_flight_count)
        yield _gauge("circuit_open", "1: the exchange counts as down, orders get 503.", self._broker.circuit.is_open)

    def _database(self) -> Families:
        tallies = self._tallies
        yield _histogram("database_group_size", "Writes that shared a commit.", tallies.group_sizes)
        yield _histogram("database_commit_seconds", "Commits, the disk's part.", tallies.commit_seconds)
        yield _gauge("database_waiting", "Writes that wait for a commit.", tallies.database_waiting())

    def _exchange(self) -> Families:
        tallies = self._tallies
        calls = dict(tallies.exchange_calls)
        yield _counters("exchange_calls", "Calls to the exchange.", ["call", "outcome"], calls)
        yield _histograms("exchange_call_seconds", "Calls to the exchange.", "call", tallies.exchange_seconds)
        yield _histograms("exchange_batch_size", "Orders in one call.", "call", tallies.exchange_batches)
        yield _gauge("exchange_connections", "Open connections for orders.", tallies.exchange_connections())

    def _settling(self) -> Families:
        tallies = self._tallies
        yield _counter("cleanup_sweeps", "Rounds of clean-up.", tallies.sweeps)
        yield _counter("cleanup_tries", "Times that the exchange was asked in vain.", tallies.settling_tries)
        yield _counter("dead_lettered", "Orders that became dead letters.", tallies.dead_lettered)
        yield _gauge("orders_unsettled", "Found pending or pending_cancel too long, last sweep.", tallies.unsettled)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"locksley_{name}", what, value=value)


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(f"locksley_{name}", what, value=value)


def _counters(
    name: str, what: str, labels: list[str], counts: Mapping[str, int] | Mapping[tuple[str, str], int]
) -> Metric:
    family = CounterMetricFamily(f"locksley_{name}", what, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric([values] if isinstance(values, str) else list(values), count)
    return family


def _histogram(name: str, what: str, values: Distribution) -> Metric:
    family = HistogramMetricFamily(f"locksley_{name}", what)
    values.put(family)
    return family


def _histograms(name: str, what: str, label: str, spread: Mapping[str, Distribution]) -> Metric:
    family = HistogramMetricFamily(f"locksley_{name}", what, labels=[label])
    for value, values in spread.items():
        values.put(family, [value])
    return family
