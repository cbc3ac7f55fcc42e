"""The traces of a real broker, as a collector gets them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from locksley.observability.traces import Ways, endpoint_of
from tests.acceptance.process import LocksleyUp
from tests.observability.collector import Collector, Span
from tests.paper_exchange.fixed_market import quote
from tests.project import tree
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

WRITTEN_ADDRESS = "http://127.0.0.1:4318"
MARKET = ("--symbols", "5", "--trades-per-second", "50")
NEW = {"email": "ada@example.org", "password": "correct horse battery"}

WITHOUT_OPENTELEMETRY = """
import sys
sys.modules["opentelemetry"] = None  # what Python looks at first: as if it were not installed
sys.argv = ["locksley", "up", "--traces-to", "http://127.0.0.1:1", "--port", "0", "--exchange-port", "0", "--data-dir", sys.argv[1]]
from locksley.cli import main
main()
"""

NOT_IMPORTED = """
import sys
import locksley.serving, locksley.up
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


class Day(NamedTuple):
    """What the collector got by the time at which the broker had stopped."""

    collector: Collector
    token: str
    filled: str
    resting: str
    taken_back: str


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One order filled at once, one by the feed later on, one cancelled, one refused; then the broker is stopped."""
    with Collector() as collector:
        with Broker(tmp_path_factory.mktemp("traced"), traces_to=collector.url) as broker:
            person = sign_up(broker)
            filled = person.buy(1, X_Request_Id="my-own-id").json["orderId"]
            resting = person.buy(1, 99_95, X_Request_Id="my-limit").json["orderId"]
            broker.happen(quote(989_000, 1_000_000, 999_000, 1_000_000))
            broker.eventually(lambda: person.get(f"/order/{resting}")["status"] == "filled")
            taken_back = person.buy(1, 1_00).json["orderId"]
            assert person.ask("DELETE", f"/order/{taken_back}", X_Request_Id="my-cancel").status == 200
            assert person.buy(1_000_000, X_Request_Id="too-much").status == 422
        yield Day(collector, person.token or "", filled, resting, taken_back)


def inside(collector: Collector, request: Span) -> dict[str, Span]:
    """The spans right inside it, by name."""
    return {span.name: span for span in collector.spans if span.parent_id == request.span_id}


def test_placed_order(day: Day) -> None:
    [whole] = day.collector.named("POST /order", request_id="my-own-id")
    parts = inside(day.collector, whole)
    assert {"store order", "place at exchange", "book order"} <= set(parts)
    assert whole.parent_id == b""
    assert whole.attributes["http.response.status_code"] == 201
    for name in ("store order", "place at exchange", "book order"):
        part = parts[name]
        assert part.trace_id == whole.trace_id
        assert part.attributes["locksley.order_id"] == day.filled
        assert part.attributes["locksley.request_id"] == "my-own-id"
        assert whole.began_ns <= part.began_ns <= part.ended_ns
        assert not part.is_error
    assert parts["store order"].ended_ns <= parts["place at exchange"].began_ns
    assert parts["place at exchange"].attributes["locksley.outcome"] == "accepted"


def test_cancelled_order(day: Day) -> None:
    [whole] = day.collector.named("DELETE /order/{order_id}", request_id="my-cancel")
    asked = inside(day.collector, whole)
    assert {"book order", "cancel at exchange"} <= set(asked)
    cancel = asked["cancel at exchange"]
    assert cancel.attributes["locksley.order_id"] == day.taken_back
    assert cancel.attributes["locksley.outcome"] == "cancelled"


def test_refused_order(day: Day) -> None:
    [whole] = day.collector.named("POST /order", request_id="too-much")
    [store] = inside(day.collector, whole).values()
    assert (store.name, store.is_error) == ("store order", True)
    assert whole.attributes["http.response.status_code"] == 422
    assert not whole.is_error


def test_fill_that_the_feed_told_of(day: Day) -> None:
    [whole] = day.collector.named("POST /order", request_id="my-limit")
    [batch] = [span for span in day.collector.named("book feed batch") if whole.trace_id in span.links]
    assert batch.trace_id != whole.trace_id
    assert batch.attributes["locksley.orders"] == 1
    [fill] = day.collector.named("book order", by="feed", order_id=day.resting)
    assert (fill.parent_id, fill.attributes["locksley.events"]) == (whole.span_id, "Filled")
    assert fill.began_ns > whole.ended_ns


def test_no_secrets(day: Day) -> None:
    told = repr(day.collector.spans)
    assert day.token
    assert [secret for secret in (day.token, "Bearer", "example.org") if secret in told] == []


def test_a_process_sends_its_last_before_it_ends(tmp_path: Path) -> None:
    """Started by the line in the documents."""
    [line] = re.findall(r"^ {4}locksley up (--traces-to .*)$", tree.text("docs/running.md"), re.MULTILINE)
    assert WRITTEN_ADDRESS in line
    with Collector() as collector:
        options = line.replace(WRITTEN_ADDRESS, collector.url).split()
        with LocksleyUp(tmp_path / "data", *options, *MARKET, log=tmp_path / "log") as broker:
            assert Client(broker.port).ask("POST", "/users", NEW).status == 201
            assert broker.interrupt() == 0
            assert "rror" not in broker.log
        assert (collector.services, collector.paths) == ({"locksley"}, {"/v1/traces"})
        [request] = collector.named("POST /users")
        assert request.attributes["http.response.status_code"] == 201


def test_collector_that_is_not_there(tmp_path: Path) -> None:
    with Collector() as gone:
        pass
    with LocksleyUp(tmp_path / "data", "--traces-to", gone.url, *MARKET, log=tmp_path / "log") as broker:
        assert Client(broker.port).ask("POST", "/users", NEW).status == 201
        assert broker.interrupt() == 0


def test_extra_that_is_not_installed(tmp_path: Path) -> None:
    done = run(WITHOUT_OPENTELEMETRY, str(tmp_path / "data"))
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "extra `traces`" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "ftp://127.0.0.1", "http://", "http://["])
def test_no_address(tmp_path: Path, url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "locksley", "up", "--traces-to", url, "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert f"--traces-to {url} is no address" in done.stderr


def test_oldest_orders_are_forgotten() -> None:
    ways = Ways(orders_max=2)
    for number in "123":
        ways.keep(f"order {number}", "a request")
        ways.name(f"external {number}", f"order {number}")
    assert [ways.get(f"order {number}") is None for number in "123"] == [True, False, False]
    assert [ways.order_of(f"external {number}") for number in "123"] == ["", "order 2", "order 3"]


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://collector/of/mine", "https://collector/of/mine"),
    ],
)
def test_where_they_go(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


def test_nothing_is_imported_unless_asked_for() -> None:
    assert run(NOT_IMPORTED).stdout == "[]\n"


def run(program: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
