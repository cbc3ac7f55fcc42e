"""Too much of anything is refused within bounds, and meanwhile others are served: a real broker in a process of its own."""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import Resident, move_in
from tests.acceptance.waiting import eventually
from tests.security.test_injection import exchange, head
from tests.web.broker import Broker
from tests.web.client import TIMEOUT_S, Answer, Client, Events, answer_of
from tests.web.conftest import sign_up

MARKET = ("--symbols", "3", "--trades-per-second", "50")
AT_ONCE = 32
STREAMS_PER_PERSON = 10
SIGN_INS, WAITING_MAX, FAILURES_MAX = 24, 4, 3
BODIES, BODY_BYTES = 60, 900_000
IDLE_LINES = 400
ORDERS = 40
KIB_PER_MIB = 1_024
GROWTH_MIB_MAX = 128


class Flooded(NamedTuple):
    broker: LocksleyUp
    flooder: Client
    other: Client


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flooded]:
    home = tmp_path_factory.mktemp("flooded")
    people: Sequence[Resident] = move_in(home / "data", 2)
    with LocksleyUp(home / "data", *MARKET, log=home / "log") as broker:
        flooder, other = (Client(broker.port, person.token) for person in people)
        before_mib = most_mib(broker)
        yield Flooded(broker, flooder, other)
        assert broker.process.poll() is None
        assert most_mib(broker) - before_mib < GROWTH_MIB_MAX


def most_mib(broker: LocksleyUp) -> int:
    """The most memory that the broker ever had."""
    lines = Path(f"/proc/{broker.process.pid}/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // KIB_PER_MIB


def is_served(other: Client) -> None:
    """Somebody who does nothing wrong."""
    assert other.ask("GET", "/account").status == 200
    symbol = other.get("/symbols?limit=1")[0]["symbol"]
    with other.stream("GET", f"/subscribe?symbols={symbol}") as prices:
        assert prices.until("price", symbol=symbol)
    placed = other.ask("POST", "/order", {"position": "buy", "symbol": symbol, "numShares": 1, "priceInCents": 100})
    assert placed.status in (201, 202), placed


def test_streams(flooded: Flooded) -> None:
    symbol = flooded.flooder.get("/symbols?limit=1")[0]["symbol"]
    for path in (f"/subscribe?symbols={symbol}", "/orders/stream"):
        with ExitStack() as streams:
            for _ in range(STREAMS_PER_PERSON):
                streams.enter_context(flooded.flooder.stream("GET", path))
            for _ in range(STREAMS_PER_PERSON):
                refused = flooded.flooder.ask("GET", path)
                assert (refused.status, refused.code) == (429, "too_many_streams")
                assert int(refused.headers["retry-after"]) >= 1
            is_served(flooded.other)
        with ExitStack() as again:
            opening = partial(opens, flooded.flooder, path, again)
            eventually("there is room for another stream", opening)


def opens(client: Client, path: str, streams: ExitStack) -> bool:
    connection, response = client._begin("GET", path, None, {})
    streams.enter_context(Events(connection, response))
    return response.status == 200


@pytest.fixture(scope="module")
def few_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """With small limits, since each password that is checked takes long, and as long from everybody else on this machine."""
    with Broker(
        tmp_path_factory.mktemp("few_passwords"),
        password_checks_at_once_max=1,
        password_checks_waiting_max=WAITING_MAX,
        sign_in_failures_max=FAILURES_MAX,
    ) as broker:
        yield broker


def sign_in(broker: Broker, email: str) -> Answer:
    return Client(broker.port).ask("POST", "/sessions", {"email": email, "password": "a wrong password"})


def test_wrong_sign_ins_with_many_emails(few_passwords: Broker) -> None:
    """What checking passwords takes is bounded; for whom there is no room is told so at once, and others are served."""
    other = sign_up(few_passwords)
    with ThreadPoolExecutor(SIGN_INS) as threads:
        answers = [threads.submit(sign_in, few_passwords, f"nobody{number}@example.org") for number in range(SIGN_INS)]
        assert other.get("/account")["cashInCents"]
        assert other.buy(1, 100).status == 201
        outcomes = Counter((answer.result().status, answer.result().code) for answer in answers)
    assert outcomes.keys() == {(401, "wrong_credentials"), (503, "sign_in_busy")}
    assert sum(outcomes.values()) == SIGN_INS
    busy = next(answer.result() for answer in answers if answer.result().status == 503)
    assert int(busy.headers["retry-after"]) >= 1


def test_wrong_sign_ins_with_one_email(few_passwords: Broker) -> None:
    answers = [sign_in(few_passwords, "ada@example.org") for _ in range(FAILURES_MAX + 3)]
    assert [answer.status for answer in answers] == [401] * FAILURES_MAX + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert sign_in(few_passwords, "grace@example.org").status == 401


def test_bodies(flooded: Flooded) -> None:
    def send(_number: int) -> int:
        connection = HTTPConnection("127.0.0.1", flooded.broker.port, timeout=TIMEOUT_S)
        with closing(connection):
            headers = {"Authorization": f"Bearer {flooded.flooder.token}", "Content-Type": "application/json"}
            connection.request("POST", "/order", b" " * BODY_BYTES, headers)
            return connection.getresponse().status

    with ThreadPoolExecutor(AT_ONCE) as threads:
        sending = [threads.submit(send, number) for number in range(BODIES)]
        is_served(flooded.other)
        assert {one.result() for one in sending} == {413}


def test_headers(flooded: Flooded) -> None:
    many = [f"X-{number}: {'x' * 100}" for number in range(300)]
    for headers in (many, ["X: " + "x" * 100_000], ["Cookie: " + "a=b; " * 10_000]):
        said = exchange(flooded.broker.port, head(flooded.flooder, "GET /account", *headers))
        assert answer_of(said).status == 431
    is_served(flooded.other)


def test_lines_that_say_nothing_or_half(flooded: Flooded) -> None:
    """Whoever is slow holds a line, and nothing else."""
    half = head(flooded.flooder, "POST /order", "Content-Type: application/json", "Content-Length: 1000") + b'{"a": '
    with ExitStack() as lines:
        for number in range(IDLE_LINES):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", flooded.broker.port), TIMEOUT_S))
            line.sendall((b"", b"GET /acc", half)[number % 3])
        is_served(flooded.other)


def test_orders(flooded: Flooded) -> None:
    symbol = flooded.flooder.get("/symbols?limit=1")[0]["symbol"]
    wish = {"position": "buy", "symbol": symbol, "numShares": 1, "priceInCents": 100}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        placing = [threads.submit(flooded.flooder.ask, "POST", "/order", wish) for _ in range(ORDERS)]
        answers = [one.result() for one in placing]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    for answer in refused:
        assert int(answer.headers["retry-after"]) >= 1
        assert {"ratelimit", "ratelimit-policy"} <= answer.headers.keys()
    is_served(flooded.other)
