import re
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from locksley.web.cursors import pack_pair
from tests.paper_exchange.fixed_market import START_NS, trade
from tests.web.broker import Broker
from tests.web.client import Client

Newcomer = Callable[[], Client]
SECOND = 1_000_000_000


def test_trades_are_bars_of_every_interval(broker: Broker, newcomer: Newcomer) -> None:
    assert START_NS == 1_700_000_000 * SECOND
    person = newcomer()
    broker.happen(
        trade(2_000_000, 10, "AAPL", at=60 * SECOND),
        trade(2_100_050, 20, "AAPL", at=60 * SECOND + 1_000_000),
        trade(9_000_000, 5_000, "AAPL", at=61 * SECOND, off_market=True),
    )

    def bars() -> list[dict[str, object]]:
        return list(person.ask("GET", "/symbol/AAPL/history?range=1d&interval=1m").json)

    broker.eventually(lambda: bool(bars()) and bars()[-1]["volume"] == 5_030)
    assert bars()[-1] == {
        "time": "2023-11-14T22:14:00.000Z",
        "openInCents": 20_000,
        "highInCents": 21_000,
        "lowInCents": 20_000,
        "closeInCents": 21_000,
        "volume": 5_030,
    }
    for interval in ("1s", "5s", "15s", "30s", "5m", "15m", "30m", "1h", "1d", "1w"):
        answer = person.ask("GET", f"/symbol/AAPL/history?range=1w&interval={interval}")
        assert answer.status == 200
        assert answer.json[-1]["closeInCents"] == 21_000


@pytest.mark.parametrize(
    "query", ["range=2d", "interval=7m", "adjusted=maybe", "more=1", "cursor=x", "range=1d&range=1d"]
)
@pytest.mark.parametrize("path", ["/symbol/META/history", "/portfolio/history"])
def test_what_can_not_be_shown_is_told(newcomer: Newcomer, path: str, query: str) -> None:
    assert newcomer().ask("GET", f"{path}?{query}").code == "malformed"


@pytest.mark.parametrize("before_ms", [-(10**17), -1, 0, 10**13, 10**14, 10**15, 10**18 - 1])
def test_forged_cursor_shows_what_is_before_it_or_now(broker: Broker, newcomer: Newcomer, before_ms: int) -> None:
    person = newcomer()
    broker.happen(trade(2_000_000, 10, "AAPL", at=60 * SECOND))
    broker.eventually(lambda: bool(person.ask("GET", "/symbol/AAPL/history").json))
    cursor = pack_pair(before_ms, None)
    for interval in ("1s", "1m", "1h", "1d", "1w"):
        answer = person.ask("GET", f"/symbol/AAPL/history?range=all&interval={interval}&cursor={cursor}")
        assert answer.status == 200
        assert bool(answer.json) == (before_ms > 0)
    for interval in ("1m", "1d", "1w"):
        answer = person.ask("GET", f"/portfolio/history?range=all&interval={interval}&cursor={cursor}")
        assert answer.status == 200
        assert len(answer.json) <= 1


def test_symbol_that_nobody_knows_has_no_history(newcomer: Newcomer) -> None:
    assert newcomer().ask("GET", "/symbol/NOSUCH/history").code == "not_found"


def test_history_is_for_those_who_are_known(nobody: Client) -> None:
    for path in ("/symbol/META/history", "/portfolio/history", "/portfolio/returns", "/portfolio/gains"):
        assert nobody.ask("GET", path).status == 401


def test_purchase_shows_in_value_returns_and_gains(broker: Broker, newcomer: Newcomer) -> None:
    person = newcomer()
    order = person.ask("POST", "/order", {"position": "buy", "symbol": "META", "numShares": 10})
    assert order.status == 201
    broker.eventually(lambda: person.ask("GET", "/order/" + order.json["orderId"]).json["status"] == "filled")
    account = person.ask("GET", "/account").json
    last = person.ask("GET", "/portfolio/history?range=1d").json[-1]
    assert {name: last[name] for name in ("equityInCents", "cashInCents", "positionsValueInCents")} == {
        name: account[name] for name in ("equityInCents", "cashInCents", "positionsValueInCents")
    }
    [gain] = person.ask("GET", "/portfolio/gains").json
    [position] = person.ask("GET", "/positions").json
    assert (gain["symbol"], gain["shares"], gain["realisedGainInCents"]) == ("META", 10, 0)
    assert gain["unrealisedGainInCents"] == position["gainInCents"]
    found = person.ask("GET", "/portfolio/returns?range=all").json
    assert found["transferredInCents"] == 10_000_000
    assert found["gainInCents"] == account["equityInCents"] - 10_000_000 == position["gainInCents"]


def test_value_begins_right_after_the_first_transfer(broker: Broker, newcomer: Newcomer) -> None:
    person = newcomer()
    order = person.ask("POST", "/order", {"position": "buy", "symbol": "META", "numShares": 10})
    broker.eventually(lambda: person.ask("GET", "/order/" + order.json["orderId"]).json["status"] == "filled")
    paid_in = person.ask("GET", "/activity").json[-1]["time"]
    broker.happen(trade(1_000_000, 1, at=time.time_ns() - START_NS + 10 * SECOND))
    for range_name in ("1d", "1m", "all"):
        path = f"/portfolio/history?range={range_name}"
        broker.eventually(lambda path=path: len(person.ask("GET", path).json) > 1)  # type: ignore[misc]
        first = person.ask("GET", path).json[0]
        assert 0 < (datetime.fromisoformat(first["time"]) - datetime.fromisoformat(paid_in)).total_seconds() <= 1
        assert abs(first["equityInCents"] - 10_000_000) < 100_000


def test_activity_is_exported_for_ghostfolio(broker: Broker, newcomer: Newcomer) -> None:
    person = newcomer()
    order = person.ask("POST", "/order", {"position": "buy", "symbol": "META", "numShares": 3})
    broker.eventually(lambda: person.ask("GET", "/order/" + order.json["orderId"]).json["status"] == "filled")
    answer = person.ask("GET", "/activity?format=ghostfolio")
    assert answer.headers["content-type"].startswith("text/csv")
    head, row = answer.body.decode().splitlines()
    assert head == "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d,META,YAHOO,USD,100\.10,3,buy,0,fill-\d+", row)
