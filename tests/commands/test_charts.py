"""What `chart` and `portfolio` say above the picture."""

import re
import time

import pytest

from locksley.commands.formats import change, percent
from locksley.order_db.port import Source
from tests.commands.conftest import Person
from tests.paper_exchange.fixed_market import START_NS, trade
from tests.web.broker import Broker

PRICE_CENTS, CLOSE_CENTS = 10_200, 10_000


@pytest.fixture
def price(broker: Broker, person: Person) -> None:
    """Of a trade of this moment, two dollars above the close of the day before."""
    broker.happen(trade(PRICE_CENTS * 100, 100, at=time.time_ns() - START_NS, off_market=False))
    broker.eventually(lambda: person.http.get("/symbol/META")["priceInCents"] == PRICE_CENTS)
    broker.eventually(lambda: person.http.get("/symbol/META/history")[-1]["closeInCents"] == PRICE_CENTS)


@pytest.mark.usefixtures("price")
def test_change_of_a_day_is_that_of_the_quote(person: Person) -> None:
    [quoted] = person.run("quote", "META", "--json").json
    assert (quoted["priceInCents"], quoted["previousCloseInCents"]) == (PRICE_CENTS, CLOSE_CENTS)
    moved = f"{change(PRICE_CENTS - CLOSE_CENTS)}  {percent(PRICE_CENTS - CLOSE_CENTS, CLOSE_CENTS)}"
    head = person.run("chart", "meta").out.splitlines()[0]
    assert head == f"META, 1d: $102.00  {moved}  since the close of the day before"


@pytest.mark.usefixtures("price")
def test_change_of_a_longer_time_says_since_when(person: Person) -> None:
    head = person.run("chart", "META", "--range", "1w").out.splitlines()[0]
    assert re.fullmatch(r"META, 1w: \$102\.00  .*  since the first price shown, of (\d{4}-\d\d-\d\d|\d\d:\d\d)", head)


def test_deposit_is_no_gain(broker: Broker, person: Person, request: pytest.FixtureRequest) -> None:
    user_id = person.http.get("/account")["userId"]
    assert person.http.buy(10).json["averageFillPriceInCents"] == 10_010
    broker.on_loop(broker.services.desk.operating.move_cash(user_id, 50_000, "a prize", Source("test")))
    request.getfixturevalue("price")
    assert person.run("portfolio").out.splitlines()[:3] == [
        "equity, 1m: $100,519.00",
        "gain: +19.00  plain +0.02 %, time-weighted +0.02 %",
        "paid in: $100,500.00, not counted as gain or loss",
    ]
