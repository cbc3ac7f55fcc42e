"""What `/metrics` of a real broker tells, and that the dashboard shows nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana-dashboard.json"
ONLY_AFTER_A_RECONCILIATION = {"locksley_reconciliation_differences"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("measured")) as running:
        yield running


def read(broker: Broker) -> dict[str, float]:
    """By name and labels, as they are written."""
    text = Client(broker.port).ask("GET", "/metrics").body.decode()
    families = list(text_string_to_metric_families(text))
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_an_order_is_counted_at_every_stage(broker: Broker) -> None:
    person = sign_up(broker)
    before = read(broker)
    with person.stream("GET", "/subscribe?symbols=META") as events:
        events.until("price", symbol="META")
        assert person.buy(5).json["status"] == "filled"
        assert person.buy(100_000, 10_000).code == "insufficient_buying_power"
        after = read(broker)
        assert after["locksley_watchers"] == 1
        assert after["locksley_watch_bytes_total"] > before["locksley_watch_bytes_total"]

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert grown("locksley_orders_stored_total outcome=stored") == 1
    assert grown("locksley_orders_stored_total outcome=insufficient_buying_power") == 1
    assert grown("locksley_orders_sent_total outcome=accepted") == 1
    assert grown("locksley_orders_moved_total by=gateway status=filled") == 1
    assert grown("locksley_exchange_calls_total call=place outcome=answered") == 1
    assert grown("locksley_exchange_batch_size_count call=place") == 1
    assert grown("locksley_http_request_seconds_count method=POST path=/order") == 1
    assert grown("locksley_http_requests_refused_total code=insufficient_buying_power") == 1
    assert grown("locksley_database_group_size_sum") >= 2
    assert grown("locksley_database_commit_seconds_count") >= 2
    assert after["locksley_feed_connected"] == after["locksley_feed_caught_up"] == 1
    assert after["locksley_circuit_open"] == after["locksley_gateway_in_flight"] == 0


def test_buckets_hold_what_was_observed(broker: Broker) -> None:
    """Each bucket has those below it too, and the last has them all."""
    found = read(broker)
    for name, count in found.items():
        if name.startswith("locksley_database_group_size_count"):
            buckets = [
                value for other, value in found.items() if other.startswith("locksley_database_group_size_bucket")
            ]
            assert buckets == sorted(buckets)
            assert buckets[-1] == count > 0


def test_dashboard_shows_what_there_is(broker: Broker) -> None:
    person = sign_up(broker)
    assert person.buy(1).status == 201
    assert Client(broker.port).ask("GET", "/account").status == 401
    text = Client(broker.port).ask("GET", "/metrics").body.decode()
    there = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    there |= {
        name.split()[2] + "_total" for name in text.splitlines() if name.startswith("# TYPE") and "counter" in name
    }
    there |= {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    shown = set(re.findall(r"locksley_\w+", DASHBOARD.read_text().replace("locksley_streams", "")))
    assert len(shown) > 30
    assert shown - there - ONLY_AFTER_A_RECONCILIATION == set()


def test_names_by_convention(broker: Broker) -> None:
    text = Client(broker.port).ask("GET", "/metrics").body.decode()
    families = list(text_string_to_metric_families(text))
    assert [family.name for family in families if not family.name.startswith("locksley_")] == []
    assert [family.name for family in families if not family.documentation] == []
    assert [family.name for family in families if re.search(r"_(ms|millis|seconds_total)$", family.name)] == []


def test_dashboard_is_whole() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])
