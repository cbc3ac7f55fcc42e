from collections.abc import Callable

import pytest

from locksley.watchlists.port import Watchlist
from tests.web.broker import Broker
from tests.web.client import Client

Newcomer = Callable[[], Client]


def _make(client: Client, name: str, *symbols: str) -> str:
    made = client.ask("POST", "/watchlists", {"name": name, "symbols": list(symbols)})
    assert made.status == 201, made
    assert made.headers["location"] == f"/watchlists/{made.json['watchlistId']}"
    return str(made.json["watchlistId"])


def _shown(client: Client) -> list[tuple[str, list[str]]]:
    return [(one["name"], one["symbols"]) for one in client.ask("GET", "/watchlists").json]


def test_lists_and_their_symbols_stay_in_order(newcomer: Newcomer) -> None:
    person = newcomer()
    _make(person, "later", "META", "AAPL")
    _make(person, "sooner", "AAPL", "META")
    assert _shown(person) == [("later", ["META", "AAPL"]), ("sooner", ["AAPL", "META"])]


def test_list_is_changed_and_deleted(newcomer: Newcomer) -> None:
    person = newcomer()
    path = f"/watchlists/{_make(person, 'mine', 'META')}"
    changed = person.ask("PUT", path, {"name": "ours", "symbols": ["AAPL", "META"]})
    assert (changed.status, changed.json) == (200, person.ask("GET", path).json)
    assert _shown(person) == [("ours", ["AAPL", "META"])]
    assert person.ask("DELETE", path).status == 204
    assert (_shown(person), person.ask("GET", path).status, person.ask("DELETE", path).status) == ([], 404, 404)


def test_symbol_that_no_longer_trades_may_stay_and_not_come_back(broker: Broker, newcomer: Newcomer) -> None:
    person = newcomer()
    list_id = _make(person, "mine", "META")
    user_id = person.ask("GET", "/account").json["userId"]
    broker.on_loop(broker.services.watchlists.change(user_id, Watchlist(list_id, "mine", ["META", "GONE", "LONGGONE"])))
    path = f"/watchlists/{list_id}"
    assert person.ask("PUT", path, {"name": "old", "symbols": ["GONE", "AAPL", "META", "LONGGONE"]}).status == 200
    added = person.ask("PUT", path, {"name": "new", "symbols": ["GONE", "NOSUCH"]})
    assert (added.code, added.json["symbols"]) == ("unknown_symbol", ["NOSUCH"])
    assert _shown(person) == [("old", ["GONE", "AAPL", "META", "LONGGONE"])]
    assert person.ask("PUT", path, {"name": "old", "symbols": ["META"]}).status == 200
    assert person.ask("PUT", path, {"name": "old", "symbols": ["META", "GONE"]}).code == "unknown_symbol"


def test_lists_are_put_in_another_order(newcomer: Newcomer) -> None:
    person = newcomer()
    ids = [_make(person, name) for name in ("a", "b", "c")]
    assert person.ask("PUT", "/watchlists", {"watchlistIds": [ids[2], ids[0], ids[1]]}).status == 200
    assert [name for name, _ in _shown(person)] == ["c", "a", "b"]
    for wrong in ([], ids[:2], [*ids, ids[0]], [ids[0], ids[0], ids[1]]):
        assert person.ask("PUT", "/watchlists", {"watchlistIds": wrong}).code == "malformed"


def test_another_persons_list_is_not_there(newcomer: Newcomer) -> None:
    owner, other = newcomer(), newcomer()
    path = f"/watchlists/{_make(owner, 'mine', 'META')}"
    answers = [other.ask("GET", path), other.ask("DELETE", path), other.ask("PUT", path, {"name": "x", "symbols": []})]
    assert [answer.code for answer in answers] == ["not_found"] * 3
    assert (_shown(other), _shown(owner)) == ([], [("mine", ["META"])])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "", "symbols": []}, "malformed"),
        ({"name": "ends the line\n", "symbols": []}, "malformed"),
        ({"name": " padded", "symbols": []}, "malformed"),
        ({"name": "x" * 65, "symbols": []}, "malformed"),
        ({"symbols": []}, "malformed"),
        ({"name": "x", "symbols": ["META", "META"]}, "malformed"),
        ({"name": "x", "symbols": ["NOSUCH"]}, "unknown_symbol"),
        ({"name": "x", "symbols": ["META"] * 201}, "malformed"),
        ({"name": "x", "symbols": [1]}, "malformed"),
        ({"name": "x", "more": 1}, "malformed"),
    ],
)
def test_bad_list_leaves_nothing_behind(newcomer: Newcomer, body: object, code: str) -> None:
    person = newcomer()
    assert person.ask("POST", "/watchlists", body).code == code
    assert _shown(person) == []


def test_more_lists_than_one_may_have_are_refused(newcomer: Newcomer) -> None:
    person = newcomer()
    for number in range(50):
        _make(person, str(number))
    assert person.ask("POST", "/watchlists", {"name": "one more"}).code == "too_many_watchlists"


def test_nobody_has_lists(nobody: Client) -> None:
    assert nobody.ask("GET", "/watchlists").status == 401
