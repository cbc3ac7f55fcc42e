import itertools
from collections.abc import Iterator

import pytest

from tests.web.broker import Broker

_hosts = itertools.count(2)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """With small limits of everything that is shared."""
    with Broker(
        tmp_path_factory.mktemp("broker"),
        orders_per_second_per_person=1_000,
        orders_per_second_per_symbol=1,
        orders_per_second_in_total=1_000,
        streams_per_address_max=2,
        sign_ups_per_hour_per_address=3,
        sign_in_failures_max=3,
        sign_in_failures_per_address_max=4,
        symbols_per_stream_max=1,
        client_request_timeout_ms=400,
        answer_unread_timeout_ms=1_000,
    ) as running:
        yield running


@pytest.fixture
def address() -> str:
    """One that nobody has used."""
    return f"127.0.0.{next(_hosts)}"
