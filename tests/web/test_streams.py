import socket
from collections.abc import Callable
from contextlib import ExitStack

from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker
from tests.web.client import Client, Events
from tests.web.conftest import PASSWORD, sign_up

Newcomer = Callable[[], Client]


def test_snapshot_then_live_prices(ada: Client, broker: Broker) -> None:
    with ada.stream("POST", "/subscribe", {"symbols": ["META", "AAPL"]}) as stream:
        first = [stream.next() for _ in range(3)]
        assert [frame.event for frame in first if frame] == ["stream", "price", "price"]
        assert {frame.data["symbol"] for frame in first[1:] if frame} == {"META", "AAPL"}
        broker.happen(trade(1_234_500, 7, "AAPL"))
        frame = stream.until("price", symbol="AAPL", priceInCents=12_345)
        assert frame.id == f"{frame.data['epoch']}-{frame.data['sequence']}"
        assert frame.data["numShares"] == 7
    assert ada.get("/symbol/AAPL")["priceInCents"] == 12_345


def test_stream_by_query_and_cookie(ada: Client, nobody: Client) -> None:
    with nobody.stream("GET", "/subscribe?symbols=META", Cookie=f"locksley_session={ada.token}") as stream:
        stream.until("price", symbol="META")


def test_symbols_of_a_stream_change_while_it_runs(ada: Client, newcomer: Newcomer) -> None:
    with ada.stream("POST", "/subscribe", {"symbols": ["META"]}) as stream:
        stream_id = stream.until("stream").data["streamId"]
        path = f"/subscribe/{stream_id}"
        changed = ada.ask("PATCH", path, {"add": ["AAPL"], "remove": ["META"]})
        assert (changed.status, changed.json) == (200, {"streamId": stream_id, "symbols": ["AAPL"]})
        stream.until("price", symbol="AAPL")
        unknown = ada.ask("PATCH", path, {"add": ["NOPE"]})
        assert (unknown.status, unknown.code) == (422, "unknown_symbol")
        foreign = newcomer().ask("PATCH", path, {"add": ["META"]})
        assert (foreign.status, foreign.code) == (404, "not_found")


def test_reader_that_goes_is_forgotten(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    watchers, streams = broker.services.symbols.watchers_count, len(broker.services.streams)
    price_stream = person.stream("POST", "/subscribe", {"symbols": ["META"]})
    order_stream = person.stream("GET", "/orders/stream")
    assert broker.services.symbols.watchers_count == watchers + 1
    assert len(broker.services.streams) == streams + 2
    price_stream.close()
    order_stream.close()
    broker.eventually(lambda: broker.services.symbols.watchers_count == watchers)
    broker.eventually(lambda: len(broker.services.streams) == streams)


def test_refused_subscription_leaves_nothing(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    watchers, streams = broker.services.symbols.watchers_count, len(broker.services.streams)
    refused = person.ask("POST", "/subscribe", {"symbols": ["META", "NOPE"]})
    assert (refused.status, refused.code, refused.json["symbols"]) == (422, "unknown_symbol", ["NOPE"])
    assert (broker.services.symbols.watchers_count, len(broker.services.streams)) == (watchers, streams)


def test_streams_of_one_person_are_bounded(strict_broker: Broker) -> None:
    person = sign_up(strict_broker)
    two = [person.stream("POST", "/subscribe", {"symbols": ["META"]}) for _ in range(2)]
    refused = person.ask("POST", "/subscribe", {"symbols": ["META"]})
    assert (refused.status, refused.code) == (429, "too_many_streams")
    assert int(refused.headers["retry-after"]) >= 1
    two[0].close()
    strict_broker.eventually(lambda: person.ask("PATCH", "/subscribe/x", {}).status == 404)
    strict_broker.eventually(lambda: strict_broker.services.symbols.watchers_count == 1)
    person.stream("POST", "/subscribe", {"symbols": ["META"]}).close()
    two[1].close()


def test_order_streams_that_come_at_once_are_bounded(strict_broker: Broker) -> None:
    """Each is refused before it is answered, and every place is given back."""
    person = sign_up(strict_broker)
    request = f"GET /orders/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n\r\n".encode()
    for _ in range(2):
        with ExitStack() as opened:
            lines = [
                opened.enter_context(socket.create_connection(("127.0.0.1", strict_broker.port), 10)) for _ in range(8)
            ]
            for line in lines:
                line.sendall(request)
            statuses = sorted(line.makefile("rb").readline().split()[1] for line in lines)
        assert statuses == [b"200"] * 2 + [b"429"] * 6
        strict_broker.eventually(lambda: not strict_broker.services.order_updates._places_taken)


def test_order_stream_that_is_refused_takes_no_place(strict_broker: Broker) -> None:
    person = sign_up(strict_broker)
    for _ in range(3):
        refused = person.ask("GET", "/orders/stream", **{"Last-Event-ID": "nonsense"})
        assert refused.status == 400, refused
    assert not strict_broker.services.order_updates._places_taken


def open_both(client: Client) -> list[Events]:
    return [client.stream("GET", "/orders/stream"), client.stream("POST", "/subscribe", {"symbols": ["META"]})]


def have_ended(streams: list[Events]) -> bool:
    """Read to their end; the socket's timeout fails one that goes on."""
    for stream in streams:
        while stream.next() is not None:
            pass
        stream.close()
    return True


def signed_in_again(broker: Broker, person: Client) -> Client:
    token, _ = broker.services.sessions.begin(person.get("/account")["userId"], broker.services.new_id())
    return Client(broker.port, token)


def test_streams_end_when_their_session_is_signed_out(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    other = signed_in_again(broker, person)
    streams, kept = open_both(person), open_both(other)
    assert person.ask("DELETE", "/session").status == 204
    assert have_ended(streams)
    order = other.buy(1, 5_000).json
    assert kept[0].until("order", orderId=order["orderId"])
    for stream in kept:
        stream.close()
    broker.eventually(lambda: len(broker.services.callers._attending) == 0)


def test_streams_end_when_their_token_is_revoked(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    made = person.ask("POST", "/tokens", {"name": "a program"}).json
    streams = open_both(Client(broker.port, made["token"]))
    assert person.ask("DELETE", f"/tokens/{made['tokenId']}").status == 204
    assert have_ended(streams)


def test_streams_of_sessions_end_when_the_password_changes(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    program = Client(broker.port, person.ask("POST", "/tokens", {"name": "a program"}).json["token"])
    streams, kept = open_both(signed_in_again(broker, person)), open_both(program)
    changed = person.ask("PUT", "/password", {"password": PASSWORD, "newPassword": "another password"})
    assert changed.status == 200, changed
    assert have_ended(streams)
    order = program.buy(1, 5_000).json
    assert kept[0].until("order", orderId=order["orderId"])
    for stream in kept:
        stream.close()


def test_symbols_of_one_stream_are_bounded(strict_broker: Broker) -> None:
    person = sign_up(strict_broker)
    refused = person.ask("POST", "/subscribe", {"symbols": ["META", "AAPL"]})
    assert (refused.status, refused.code) == (422, "too_many_symbols")
    with person.stream("POST", "/subscribe", {"symbols": ["META", "META"]}) as stream:
        stream_id = stream.until("stream").data["streamId"]
        refused = person.ask("PATCH", f"/subscribe/{stream_id}", {"add": ["AAPL"]})
        assert (refused.status, refused.code) == (422, "too_many_symbols")


def test_quiet_streams_are_kept_alive(strict_broker: Broker) -> None:
    person = sign_up(strict_broker)
    with person.stream("GET", "/orders/stream") as stream:
        assert stream.next_comment() == ":"
    with person.stream("POST", "/subscribe", {"symbols": ["AAPL"]}) as stream:
        assert stream.next_comment() == ":"


def test_order_updates_live_and_resumed(newcomer: Newcomer) -> None:
    person = newcomer()
    with person.stream("GET", "/orders/stream") as stream:
        order = person.buy(1, 5_000).json
        pending = stream.until("order", orderId=order["orderId"])
        submitted = stream.until("order", orderId=order["orderId"], status="submitted")
    assert pending.data["status"] == "pending"
    assert submitted.data == order
    assert pending.id is not None
    assert submitted.id is not None
    assert int(submitted.id) == int(pending.id) + 1

    person.ask("DELETE", f"/order/{order['orderId']}")
    with person.stream("GET", "/orders/stream", Last_Event_ID=pending.id) as stream:
        missed = [frame.data["status"] for frame in (stream.next() for _ in range(3)) if frame]
    assert missed == ["submitted", "pending_cancel", "cancelled"]


def test_last_event_id_that_is_not_kept_resets(newcomer: Newcomer) -> None:
    person = newcomer()
    placed = [person.buy(1, 5_000).json, person.buy(2, 5_000).json]
    with person.stream("GET", "/orders/stream", Last_Event_ID="999") as stream:
        frames = [frame for frame in (stream.next() for _ in range(3)) if frame]
    assert [frame.event for frame in frames] == ["reset", "order", "order"]
    assert [frame.data for frame in frames[1:]] == placed
    assert [frame.id for frame in frames] == [None, None, "4"]
    with person.stream("GET", "/orders/stream", Last_Event_ID="4") as stream:
        third = person.buy(3, 5_000).json
        assert stream.until("order").data["orderId"] == third["orderId"]


def test_updates_of_another_are_never_sent(newcomer: Newcomer) -> None:
    one, other = newcomer(), newcomer()
    with one.stream("GET", "/orders/stream") as stream:
        other.buy(1, 5_000)
        mine = one.buy(2, 5_000).json
        assert stream.until("order").data["orderId"] == mine["orderId"]
