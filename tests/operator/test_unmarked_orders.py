"""Orders at the exchange of a time before this broker's ids had their mark: an older Locksley's, or of before a new `order_secret`."""

import random
import re
import time
from pathlib import Path

from locksley.orders.identity import OrderIds
from tests.operator.conftest import Operator
from tests.web.broker import Broker


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def place(broker: Broker, order_id: str) -> None:
    order = {"symbol": "META", "side": "buy", "type": "limit", "priceE4": 900_000, "numShares": 3}
    sent = {**order, "clientOrderId": order_id, "notAfter": "2100-01-01T00:00:00Z"}
    status, _ = broker.on_loop(broker.venue.ask("POST", "/orders", [sent]))
    assert status == 200


def unmarked_id(at_ms: int) -> str:
    return OrderIds(random.Random(at_ms).getrandbits).new(at_ms)


def test_whose_they_are_is_said_to_be_unclear(tmp_path: Path) -> None:
    """The database that lost one of its own must not be told that another broker has sent it, and that nothing differs."""
    with Broker(tmp_path):
        pass
    (tmp_path / "order_secret").unlink()
    of_before = unmarked_id(now_ms())
    time.sleep(0.01)
    with Broker(tmp_path) as broker:
        operator = Operator(tmp_path)
        place(broker, unmarked_id(now_ms()))
        assert operator.run("reconcile").code == 0
        place(broker, of_before)
        done = operator.run("reconcile")
        assert re.search(r"there, of others +1 ", done.out)
        assert re.search(r"there, unclear whose +1 ", done.out)
        assert "its database lost them" in done.out
        assert done.code == 2
        told = operator.run("reconcile", "--json")
        assert (told.code, told.json["unclear"]["orders"], told.json["differences"]) == (2, 1, [])
        assert told.json["there"]["orders"] == 0


def test_a_new_broker_has_none(tmp_path: Path) -> None:
    of_before = unmarked_id(now_ms() - 1_000)
    with Broker(tmp_path) as broker:
        place(broker, of_before)
        told = Operator(tmp_path).run("reconcile", "--json")
        assert (told.code, told.json["unclear"]["orders"], told.json["others"]["orders"]) == (0, 0, 1)
