import inspect
import threading

import pytest

from locksley.client import AsyncClient, Client, FeedStatus, Unacceptable
from tests.web.broker import Broker
from tests.web.conftest import sign_up


@pytest.fixture
def url(broker: Broker) -> str:
    return f"http://127.0.0.1:{broker.port}"


def test_everything_async_is_there_without(url: str) -> None:
    for name, method in inspect.getmembers(AsyncClient, inspect.isfunction):
        if not name.startswith("_"):
            asked, given = inspect.signature(method), inspect.signature(getattr(Client, name))
            assert asked.parameters == given.parameters, name


def test_trade_watch_and_list(broker: Broker, url: str) -> None:
    with Client(url, sign_up(broker).token) as person:
        placed = person.buy("META", 2)
        assert placed.order.filled_shares == 2
        assert [order.order_id for order in person.orders()] == [placed.order.order_id]
        assert [entry.shares for entry in person.activity(symbol="META", most=5)] == [2]
        with pytest.raises(Unacceptable):
            person.sell("META", 3)
        with person.watch("META") as stream:
            first = next(iter(stream))
            assert not isinstance(first, FeedStatus)
            assert first.symbol == "META"
        with person.order_updates(after=0) as updates:
            assert next(iter(updates)).order.status == "pending"  # type: ignore[union-attr]
            assert updates.number == 1


def test_stream_closed_from_another_thread_ends(broker: Broker, url: str) -> None:
    with Client(url, sign_up(broker).token) as person:
        stream = person.order_updates()
        events: list[object] = []
        reading = threading.Thread(target=lambda: events.extend(stream))
        reading.start()
        broker.eventually(lambda: stream.connected)
        stream.close()
        reading.join(10)
        assert not reading.is_alive()
        assert events == []


def test_address_that_is_none_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="write it like http://"):
        Client("localhost:8000")
