"""Stopped, killed and started again, as real processes: what people were told stays so, and nothing is lost or done twice."""

import os
import signal
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

from paper_exchange.order import Order
from tests.acceptance.agreement import check_books, read_books
from tests.acceptance.exchange_record import ExchangeRecord
from tests.acceptance.process import LocksleyUp, has_ended, port_is_free, port_of
from tests.acceptance.residents import Resident, move_in
from tests.acceptance.waiting import eventually
from tests.invariants import check_file
from tests.paper_exchange.process import Process
from tests.web.client import Answer, Client

MARKET = ("--symbols", "5", "--trades-per-second", "100")
SENDERS = 4
SENT_BEFORE_THE_KILL = 12
SETTLE_S_MAX = 40
FAR_BELOW_CENTS = 100


class Sender:
    """One person who orders until told to stop, each order with a key of its own; `told` is what came back, `asked` all that went out."""

    def __init__(self, port: int, person: Resident, symbol: str) -> None:
        self.token = person.token
        self._client = Client(port, person.token)
        self._symbol = symbol
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.told: dict[str, dict[str, Any]] = {}

    def send_until(self, stop: threading.Event, told: Callable[[], None]) -> None:
        while not stop.is_set():
            limit = {"priceInCents": FAR_BELOW_CENTS} if len(self.asked) % 3 == 2 else {}
            wish = {"position": "buy", "symbol": self._symbol, "numShares": 1 + len(self.asked) % 5, **limit}
            self.asked.append((str(uuid.uuid4()), wish))
            try:
                answer = self.send(*self.asked[-1])
            except (OSError, HTTPException):
                return
            if answer.status in (201, 202):
                told()

    def send(self, key: str, wish: dict[str, Any]) -> Answer:
        answer = self._client.ask("POST", "/order", wish, Idempotency_Key=key)
        if answer.status in (201, 202):
            before = self.told.setdefault(key, answer.json)
            assert before["orderId"] == answer.json["orderId"]
        return answer

    def send_all_again(self, port: int) -> None:
        """What was asked for is there, once: the same keys give the same orders, and those of which nobody heard are placed now."""
        self._client.port = port
        for key, wish in self.asked:
            eventually(f"{wish} is taken", partial(self._is_taken, key, wish))

    def _is_taken(self, key: str, wish: dict[str, Any]) -> bool:
        return self.send(key, wish).status in (201, 202)


def interrupted_by(kill: Callable[[], object], port: int, people: Sequence[Resident], symbol: str) -> list[Sender]:
    """Everybody orders at once; after some answers, `kill`."""
    senders = [Sender(port, person, symbol) for person in people]
    stop, enough, answers = threading.Event(), threading.Event(), iter(range(SENT_BEFORE_THE_KILL))

    def told() -> None:
        if next(answers, None) is None:
            enough.set()

    with ThreadPoolExecutor(len(senders)) as threads:
        sending = [threads.submit(sender.send_until, stop, told) for sender in senders]
        assert enough.wait(SETTLE_S_MAX), "not enough orders were answered"
        kill()
        stop.set()
        for one in sending:
            one.result(SETTLE_S_MAX)
    return senders


def settled(port: int, people: Sequence[Resident]) -> bool:
    return not any(
        Client(port, person.token).get(f"/orders?status={status}")
        for person in people
        for status in ("pending", "pending_cancel")
    )


def check_all(broker: LocksleyUp, people: Sequence[Resident], senders: Sequence[Sender]) -> list[Order]:
    """The exchange's orders, with which every person's books agree (what it never had is `failed`); all asked for is there once."""
    eventually("every order is settled", lambda: settled(broker.port, people), SETTLE_S_MAX)
    orders = ExchangeRecord(broker.exchange_url).orders()

    def agrees() -> bool:
        try:
            check_books([read_books(broker.port, one.user_id, one.token) for one in people], orders)
        except AssertionError:
            return False
        return True

    eventually("the last fills are booked", agrees)
    mine = {
        person.token: {order["orderId"] for order in read_books(broker.port, person.user_id, person.token).orders}
        for person in people
    }
    for sender in senders:
        assert {key for key, _ in sender.asked} == sender.told.keys()
        assert {order["orderId"] for order in sender.told.values()} <= mine[sender.token]
    return orders


def test_killed_and_started_again(tmp_path: Path) -> None:
    """First the broker is killed and started again on the same data directory, then the exchange beneath it."""
    data_dir, log = tmp_path / "data", tmp_path / "log"
    people = move_in(data_dir, SENDERS)
    with LocksleyUp(data_dir, *MARKET, log=log) as broker:
        client = Client(broker.port, people[0].token)
        symbol = client.get("/symbols?query=&limit=1")[0]["symbol"]
        senders = interrupted_by(broker.kill, broker.port, people, symbol)
        assert broker.exchange is not None
        killed_with = broker.exchange
        eventually("the exchange ends when its broker is killed", lambda: has_ended(killed_with))
    with LocksleyUp(data_dir, *MARKET, log=log) as broker:
        for person, sender in zip(people, senders, strict=True):
            listed = {one["orderId"] for one in read_books(broker.port, person.user_id, person.token).orders}
            assert {order["orderId"] for order in sender.told.values()} <= listed
        epoch = Client(broker.port, people[0].token).get(f"/symbol/{symbol}")["epoch"]
        for sender in senders:
            sender.send_all_again(broker.port)

        exchange = broker.exchange
        assert exchange is not None
        more = interrupted_by(lambda: os.kill(exchange, signal.SIGKILL), broker.port, people, symbol)
        eventually("another exchange is started", lambda: broker.exchange_now() not in (None, exchange))
        for sender in more:
            sender.send_all_again(broker.port)
        orders = check_all(broker, people, [*senders, *more])
        assert any(order.executions for order in orders)
        assert Client(broker.port, people[0].token).get(f"/symbol/{symbol}")["epoch"] == epoch
        assert broker.interrupt() == 0
    check_file(data_dir / "orders.sqlite", orders, settled=True)


def test_ctrl_c_stops_both_and_the_next_start_goes_on(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    [person] = move_in(data_dir, 1)
    with LocksleyUp(data_dir, *MARKET, log=log) as broker:
        client = Client(broker.port, person.token)
        symbol = client.get("/symbols?query=&limit=1")[0]["symbol"]
        wish = {"position": "buy", "symbol": symbol, "numShares": 3}
        assert client.ask("POST", "/order", wish).status == 201
        resting = client.ask("POST", "/order", wish | {"priceInCents": FAR_BELOW_CENTS}).json
        eventually("the market order is closed", lambda: client.get("/orders")[1]["status"] in ("filled", "cancelled"))
        eventually("the symbol has traded", lambda: client.get(f"/symbol/{symbol}")["epoch"] > 0)
        before = read_books(broker.port, person.user_id, person.token)
        seen = client.get(f"/symbol/{symbol}")
        assert broker.interrupt() == 0
        assert broker.exchange is not None
        assert has_ended(broker.exchange)
        for port in (broker.port, port_of(broker.exchange_url)):
            eventually(f"port {port} is free", partial(port_is_free, port))
        assert "Traceback" not in broker.log
    with LocksleyUp(data_dir, *MARKET, log=log) as broker:
        after = read_books(broker.port, person.user_id, person.token)
        assert (after.orders, after.activity) == (before.orders, before.activity)
        assert [after.account[name] for name in ("cashInCents", "heldInCents")] == [
            before.account[name] for name in ("cashInCents", "heldInCents")
        ]
        client = Client(broker.port, person.token)
        now = client.get(f"/symbol/{symbol}")
        assert (now["epoch"], now["sequence"]) >= (seen["epoch"], seen["sequence"])
        assert now["epoch"] == seen["epoch"]
        assert client.ask("DELETE", f"/order/{resting['orderId']}").json["order"]["status"] == "cancelled"
        assert broker.interrupt() == 0


def test_an_exchange_that_runs_already(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    [person] = move_in(data_dir, 1)
    with (
        Process(*MARKET) as exchange,
        LocksleyUp(data_dir, "--exchange-url", exchange.url, log=tmp_path / "log", own_exchange=False) as broker,
    ):
        assert broker.exchange_url == exchange.url
        client = Client(broker.port, person.token)
        symbol = client.get("/symbols?query=&limit=1")[0]["symbol"]
        order = client.ask("POST", "/order", {"position": "buy", "symbol": symbol, "numShares": 1}).json
        [there] = exchange.ask(f"/orders?clientOrderId={order['orderId']}")["items"]
        assert there["externalOrderId"] == order["externalOrderId"]
        assert broker.interrupt() == 0
        assert exchange.ask("/status")["open"] is True
