import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.web.broker import Broker
from tests.web.client import Client

PASSWORD = "correct horse"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker"), orders_per_second_per_person=1_000) as running:
        yield running


@pytest.fixture(scope="session")
def strict_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One with small limits."""
    with Broker(
        tmp_path_factory.mktemp("strict_broker"),
        client_request_timeout_ms=300,
        orders_per_second_per_person=2,
        sign_in_failures_max=2,
        streams_per_person_max=2,
        stream_write_timeout_ms=300,
        symbols_per_stream_max=1,
        updates_kept_per_person=2,
        heartbeat_ms=100,
    ) as running:
        yield running


def sign_up(broker: Broker) -> Client:
    """Somebody new. The token is taken past the check of the password, which is slow on purpose."""
    client = Client(broker.port)
    credentials = {"email": f"person{next(_numbers)}@example.org", "password": PASSWORD}
    signed_up = client.ask("POST", "/users", credentials)
    assert signed_up.status == 201
    client.token, _ = broker.services.sessions.begin(signed_up.json["userId"], broker.services.new_id())
    return client


@pytest.fixture(scope="session")
def ada(broker: Broker) -> Client:
    """Somebody signed in, whom every test may use that leaves nothing behind."""
    return sign_up(broker)


@pytest.fixture
def newcomer(broker: Broker) -> Callable[[], Client]:
    """Signs a new person up, and in."""
    return lambda: sign_up(broker)


@pytest.fixture
def nobody(broker: Broker) -> Client:
    return Client(broker.port)
