import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locksley.data_dir import DataDir
from tests.openapi.fuzzing import Line
from tests.openapi.person import Person
from tests.web.broker import Broker
from tests.web.client import Client

# What is tried here is not the limits; those have tests of their own.
ROOMY: dict[str, Any] = {
    "orders_per_second_per_person": 1_000,
    "sign_in_failures_max": 1_000_000,
    "streams_per_person_max": 1_000,
    "heartbeat_ms": 50,
}
# Nor is a machine that stands still for a while: a 503 of it says nothing of what was asked.
UNHURRIED = dict.fromkeys(
    (
        "answer_unread_timeout_ms",
        "client_request_timeout_ms",
        "exchange_call_timeout_ms",
        "feed_silence_max_ms",
        "stream_write_timeout_ms",
    ),
    600_000,
)

ANSWERS = pytest.StashKey[Counter[int]]()


FAULTS: dict[str, Any] = {
    "seed": 7,
    "delay_ms": {"rate": 0.1, "ms": 50},
    "late": {"rate": 0.1, "ms": 100},
    "fail": {"rate": 0.1},
    "drop_answer": {"rate": 0.1},
    "refuse": {"rate": 0.2},
    "feed_disconnect": {"rate": 0.05},
    "feed_repeat": {"rate": 0.1},
    "feed_reorder": {"rate": 0.1},
    "feed_skip": {"rate": 0.1},
    "feed_new_epoch": {"rate": 0.01},
}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broker")


@pytest.fixture(scope="session")
def broker(home: Path) -> Iterator[Broker]:
    with Broker(home, **ROOMY, **UNHURRIED) as running:
        yield running


@pytest.fixture(scope="session")
def misled_person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """At an exchange that misbehaves in every way that it knows, and a broker that asks it again soon."""
    home = tmp_path_factory.mktemp("misled_broker")
    impatient = {"retry_first_ms": 100, "retry_most_ms": 200, "cleanup_every_ms": 200, "cleanup_grace_ms": 500}
    with Broker(home, **ROOMY, **impatient) as running:
        person = Person(running, operator_token(home))
        running.on_loop(running.venue.set_faults(**FAULTS))
        yield person


@pytest.fixture
def nobody(broker: Broker) -> Client:
    return Client(broker.port)


@pytest.fixture(scope="session")
def person(broker: Broker, home: Path) -> Person:
    return Person(broker, operator_token(home))


@pytest.fixture(scope="session")
def line(pytestconfig: pytest.Config) -> Iterator[Line]:
    with Line() as line:
        pytestconfig.stash[ANSWERS] = line.answers
        yield line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How much was tried, and that not all of it was refused."""
    if answers := config.stash.get(ANSWERS, None):
        by_status = ", ".join(f"{times:,} x {status}" for status, times in sorted(answers.items()))
        terminalreporter.write_line(f"{answers.total():,} requests, answered {by_status}")


def operator_token(home: Path) -> str:
    token: str = json.loads(DataDir(home).operator.read_text())["token"]
    return token
