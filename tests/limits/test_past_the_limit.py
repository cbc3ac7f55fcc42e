"""Somebody goes past each limit, over the network."""

import contextlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.broker import Broker
from tests.web.client import Answer, Client
from tests.web.conftest import sign_up

ORDERS = 30
GUESSES = 10


def test_orders_of_one_symbol(broker: Broker) -> None:
    people = [sign_up(broker) for _ in range(3)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: people[number % 3].buy(1, 100), range(ORDERS)))
    refused = [answer for answer in answers if answer.status != 201]
    assert refused
    for answer in refused:
        assert (answer.status, answer.code) == (429, "too_many_requests")
        assert answer.headers["ratelimit"] == '"symbol";r=0;t=1'
        assert answer.headers["ratelimit-policy"] == '"symbol";q=1;w=1'
        assert answer.headers["retry-after"] == "1"
    placed = sum(len(person.get("/orders?limit=100")) for person in people)
    assert placed == ORDERS - len(refused)


def test_unknown_symbols_are_no_symbols(broker: Broker) -> None:
    person = sign_up(broker)
    before = len(broker.services.placing.of_symbol._full_at_us)
    for number in range(20):
        answer = person.ask("POST", "/order", {"position": "buy", "symbol": f"NOPE{number}", "numShares": 1})
        assert answer.code == "unknown_symbol"
    assert len(broker.services.placing.of_symbol._full_at_us) == before


def test_streams_of_one_address(broker: Broker, address: str) -> None:
    here = [Client(broker.port, sign_up(broker).token, address) for _ in range(2)]
    with contextlib.ExitStack() as streams:
        streams.enter_context(here[0].stream("GET", "/subscribe?symbols=META"))
        streams.enter_context(here[1].stream("GET", "/orders/stream"))
        for path in ("/subscribe?symbols=META", "/orders/stream"):
            refused = here[0].ask("GET", path)
            assert (refused.status, refused.code) == (429, "too_many_streams")
            assert "from this address" in refused.json["detail"]
        assert here[0].ask("GET", "/subscribe?symbols=NOPE").status == 429
        other = Client(broker.port, here[0].token, "127.0.0.99")
        streams.enter_context(other.stream("GET", "/orders/stream"))
    broker.eventually(lambda: broker.services.addresses._streams == {})
    with here[0].stream("GET", "/orders/stream"):
        pass


def test_stream_that_is_refused_leaves_its_place(broker: Broker, address: str) -> None:
    here = Client(broker.port, sign_up(broker).token, address)
    for _ in range(5):
        assert here.ask("GET", "/subscribe?symbols=NOPE").code == "unknown_symbol"
    with here.stream("GET", "/subscribe?symbols=META"):
        pass


def test_sign_ups_from_one_address(broker: Broker, address: str) -> None:
    """Those that fail count as well: each of them tells whether an email is taken."""

    def sign_up_from(here: str, number: int) -> Answer:
        body = {"email": f"crowd{number}@{address}.example.org", "password": "correct horse"}
        return Client(broker.port, None, here).ask("POST", "/users", body)

    answers = [sign_up_from(address, number) for number in (1, 1, 2, 3, 4)]
    assert [answer.status for answer in answers] == [201, 409, 201, 429, 429]
    refused = answers[-1]
    assert refused.code == "too_many_requests"
    assert refused.headers["ratelimit-policy"] == '"signups";q=3;w=3600'
    assert 1_100 < int(refused.headers["retry-after"]) <= 1_200
    assert refused.headers["ratelimit"] == f'"signups";r=0;t={refused.headers["retry-after"]}'
    assert sign_up_from("127.0.0.1", 3).status == 201


def test_passwords_guessed_at_once(broker: Broker, address: str) -> None:
    def guess(number: int) -> Answer:
        body = {"email": "victim@example.org", "password": f"password {number}"}
        return Client(broker.port, None, address).ask("POST", "/sessions", body)

    with ThreadPoolExecutor(GUESSES) as threads:
        outcomes = Counter(answer.status for answer in threads.map(guess, range(GUESSES)))
    assert outcomes == {401: 3, 429: GUESSES - 3}


def test_passwords_guessed_for_many_emails(broker: Broker, address: str) -> None:
    here = Client(broker.port, None, address)
    answers = [
        here.ask("POST", "/sessions", {"email": f"nobody{number}@example.org", "password": "password 1"})
        for number in range(6)
    ]
    assert [answer.status for answer in answers] == [401] * 4 + [429] * 2
    assert answers[-1].code == "too_many_sign_ins"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].headers["ratelimit-policy"] == '"signins";q=4;w=60'
    elsewhere = Client(broker.port).ask("POST", "/sessions", {"email": "nobody@example.org", "password": "password 1"})
    assert elsewhere.status == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/subscribe?symbols=META,AAPL", None, "too_many_symbols"),
        ("POST", "/subscribe", {"symbols": ["META", "AAPL"]}, "too_many_symbols"),
        ("GET", "/symbols?names=META,AAPL", None, "too_many_symbols"),
        ("GET", f"/symbols?names={'A' * 5_000}", None, "malformed"),
        ("GET", f"/symbols?query={'A' * 300}", None, "malformed"),
        ("GET", "/orders?limit=101", None, "malformed"),
        ("GET", f"/orders?cursor={'A' * 300}", None, "malformed"),
    ],
)
def test_lists_that_are_too_long(broker: Broker, method: str, path: str, body: object, code: str) -> None:
    refused = sign_up(broker).ask(method, path, body)
    assert refused.status in (400, 422)
    assert refused.code == code


def test_symbols_added_to_a_stream(broker: Broker) -> None:
    person = sign_up(broker)
    with person.stream("GET", "/subscribe?symbols=META") as stream:
        opened = stream.next()
        assert opened is not None
        path = f"/subscribe/{opened.data['streamId']}"
        assert person.ask("PATCH", path, {"add": ["AAPL"]}).code == "too_many_symbols"
        assert person.ask("PATCH", path, {"add": ["AAPL"], "remove": ["META"]}).json["symbols"] == ["AAPL"]


@pytest.mark.parametrize("digits", ["9" * 19, "9" * 5_000])
def test_last_event_id_that_is_too_long(broker: Broker, digits: str) -> None:
    refused = sign_up(broker).ask("GET", "/orders/stream", Last_Event_ID=digits)
    assert (refused.status, refused.code) == (400, "malformed")
