"""The disk is full, or cannot be written at all: orders are refused and nothing is stored, all else goes on, and it heals by itself."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.acceptance.residents import Resident, move_in
from tests.acceptance.waiting import eventually
from tests.kills.agreement import agreed
from tests.kills.broker import Broker
from tests.kills.disk import UnwritableFiles, can_mount, small_disk
from tests.kills.venue import Venue
from tests.web.client import Answer, Client

MARKET = ("--symbols", "3", "--trades-per-second", "100")
REFUSED = 10
CLEANED_UP_AFTER_TRADES = 600  # six seconds of them: clean-up has come round meanwhile, and asked about the open orders
RECOVERED_S_MAX = 40.0
AGREED_S_MAX = 60.0
FAR_BELOW_CENTS = 100


class Disk(Protocol):
    def fill(self) -> None: ...

    def make_room(self) -> None: ...


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Any]:
    if not can_mount():
        pytest.skip("only root may mount a small file system; the other test bounds the size of files instead")
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@asynccontextmanager
async def trading(data_dir: Path, tmp_path: Path) -> AsyncIterator[tuple[Broker, Venue, Resident]]:
    [person] = await asyncio.to_thread(move_in, data_dir, 1)
    venue = Venue(tmp_path / "exchange.journal", *MARKET)
    await venue.start()
    broker = Broker(data_dir, venue.url, tmp_path / "log")
    try:
        await broker.start()
        yield broker, venue, person
    finally:
        await broker.kill()
        await venue.kill()


async def test_full_disk(tmp_path: Path, small: Any) -> None:
    async with trading(small.path / "data", tmp_path) as (broker, venue, person):
        await asyncio.to_thread(refuses_and_recovers, broker, person, small)
        await agreed(broker.data_dir / "orders.sqlite", venue.url, AGREED_S_MAX)


async def test_disk_that_cannot_be_written(tmp_path: Path) -> None:
    async with trading(tmp_path / "data", tmp_path) as (broker, venue, person):
        await asyncio.to_thread(refuses_and_recovers, broker, person, UnwritableFiles(broker.pid))
        await agreed(broker.data_dir / "orders.sqlite", venue.url, AGREED_S_MAX)


def test_start_on_a_read_only_file_system_is_one_clear_line(tmp_path: Path, small: Any) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small.path)], check=True)
    words = ["--port", "0", "--exchange-url", "http://127.0.0.1:9", "--data-dir", str(small.path / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "locksley", "up", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "Read-only file system; name another with --data-dir" in line


def refuses_and_recovers(broker: Broker, person: Resident, disk: Disk) -> None:
    client = Client(broker.port, person.token)
    symbol = client.get("/symbols?query=&limit=1")[0]["symbol"]
    wish = {"position": "buy", "symbol": symbol, "numShares": 1, "priceInCents": FAR_BELOW_CENTS}
    resting = place(client, wish, str(uuid.uuid4()))
    assert resting.status == 201, resting
    pid = broker.pid
    with client.stream("GET", f"/subscribe?symbols={symbol}") as prices:
        disk.fill()
        told = [resting.json["orderId"]]
        while (answer := place(client, wish, key := str(uuid.uuid4()))).status in (201, 202):
            told.append(answer.json["orderId"])  # what still found room in pages that were there already
        assert len(told) < 200
        for refused in (answer, *(place(client, wish, key) for _ in range(REFUSED))):
            check_refused(refused)
        check_refused(client.ask("DELETE", f"/order/{resting.json['orderId']}"))
        check_refused(client.ask("POST", "/tokens", {"name": "robot"}))
        assert {order["orderId"] for order in client.get("/orders?limit=100")} == set(told)
        assert client.get("/account")["heldInCents"] == FAR_BELOW_CENTS * len(told)
        assert client.get(f"/order/{resting.json['orderId']}")["status"] == "submitted"
        sequence = client.get(f"/symbol/{symbol}")["sequence"]
        assert prices.until("price", symbol=symbol)
        assert following(prices.next, sequence + CLEANED_UP_AFTER_TRADES)
        disk.make_room()
        again: list[Answer] = []

        def taken() -> bool:
            again.append(place(client, wish, key))
            return again[-1].status in (201, 202)

        eventually(lambda: f"the order is taken, now that there is room: {again[-1]}", taken, RECOVERED_S_MAX)
        told.append(again[-1].json["orderId"])
        cancelled: list[Answer] = []

        def closed() -> bool:
            cancelled.append(client.ask("DELETE", f"/order/{resting.json['orderId']}"))
            return cancelled[-1].status == 200

        eventually(lambda: f"the cancel is taken: {cancelled[-1]}", closed, RECOVERED_S_MAX)
        assert sorted(order["orderId"] for order in client.get("/orders?limit=100")) == sorted(told)
    assert (broker.is_alive, broker.pid) == (True, pid)


def check_refused(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "storage_unavailable"), answer
    assert int(answer.headers["retry-after"]) >= 1


def following(next_frame: Callable[[], Any], sequence: int) -> bool:
    """A live price after this one comes."""
    while (frame := next_frame()) is not None:
        if frame.event == "price" and frame.data["sequence"] > sequence:
            return True
    return False


def place(client: Client, wish: dict[str, Any], key: str) -> Answer:
    """What is answered once the limit of orders a second lets it through."""
    answers: list[Answer] = []

    def let_through() -> bool:
        answers.append(client.ask("POST", "/order", wish, Idempotency_Key=key))
        return answers[-1].status != 429

    eventually("the limit of orders a second lets it through", let_through)
    return answers[-1]
