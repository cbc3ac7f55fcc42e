from collections.abc import AsyncIterator, Iterator

import pytest

from locksley.client import AsyncClient, Retries
from tests.client.faulty_line import FaultyLine
from tests.web.broker import Broker
from tests.web.conftest import sign_up

QUICK_TO_SETTLE = {
    "orders_per_second_per_person": 1_000,
    "stream_retry_ms": 10,
    "cleanup_every_ms": 100,
    "cleanup_grace_ms": 300,
}
QUICK = Retries(attempts_max=3, total_s_max=10, pause_first_s=0.01, pause_most_s=0.05)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Streams may come back to it at once."""
    directory = tmp_path_factory.mktemp("broker")
    with Broker(directory, **QUICK_TO_SETTLE) as running:
        yield running


@pytest.fixture(scope="session")
def strict_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One with small limits."""
    with Broker(
        tmp_path_factory.mktemp("strict_broker"),
        streams_per_person_max=2,
        orders_per_second_per_person=2,
        stream_retry_ms=10,
    ) as running:
        yield running


@pytest.fixture
async def line(broker: Broker) -> AsyncIterator[FaultyLine]:
    async with FaultyLine(broker.port) as line:
        yield line


@pytest.fixture
async def person(broker: Broker, line: FaultyLine) -> AsyncIterator[AsyncClient]:
    """Somebody new, signed in, behind the faulty line."""
    async with AsyncClient(line.url, sign_up(broker).token, retries=QUICK) as client:
        yield client
