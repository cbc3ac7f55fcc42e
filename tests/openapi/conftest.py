from collections.abc import Iterator

import pytest

from tests.web.broker import Broker
from tests.web.client import Client


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One whose limits are not in the way of many requests at once."""
    directory = tmp_path_factory.mktemp("broker")
    with Broker(directory, orders_per_second_per_person=1_000, sign_in_failures_max=1_000_000) as running:
        yield running


@pytest.fixture
def nobody(broker: Broker) -> Client:
    return Client(broker.port)
