from collections.abc import Callable
from uuid import UUID, uuid4

from tests.portfolio.books import Fill
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

Newcomer = Callable[[], Client]

ORDER_MEMBERS = {
    "orderId",
    "position",
    "symbol",
    "type",
    "numShares",
    "priceInCents",
    "status",
    "filledShares",
    "averageFillPriceInCents",
    "externalOrderId",
    "reason",
    "version",
    "createdAt",
    "updatedAt",
}


def test_market_buy_fills_and_is_paid_for(newcomer: Newcomer) -> None:
    person = newcomer()
    answer = person.buy(10)
    order = answer.json
    assert (answer.status, set(order)) == (201, ORDER_MEMBERS)
    assert UUID(order["orderId"]).version == 7
    assert (order["type"], order["priceInCents"], order["status"]) == ("market", None, "filled")
    assert (order["filledShares"], order["averageFillPriceInCents"]) == (10, 10_010)
    assert person.get(f"/order/{order['orderId']}") == order

    account = person.get("/account")
    assert account["cashInCents"] == 10_000_000 - 100_100
    [position] = person.get("/positions")
    assert (position["symbol"], position["shares"], position["averageCostInCents"]) == ("META", 10, 10_010)
    assert position["gainInCents"] == position["marketValueInCents"] - 100_100
    assert account["equityInCents"] == account["cashInCents"] + position["marketValueInCents"]
    fill, paper_cash = person.get("/activity")
    del fill["activityId"], fill["time"]
    assert fill == {
        "type": "fill",
        "symbol": "META",
        "position": "buy",
        "shares": 10,
        "price": "100.10",
        "amountInCents": -100_100,
    }
    assert paper_cash["type"] == "transfer"


def test_sell_what_was_bought(newcomer: Newcomer) -> None:
    person = newcomer()
    person.buy(10)
    sold = person.ask("POST", "/order", {"position": "sell", "symbol": "META", "numShares": 10})
    assert (sold.status, sold.json["status"]) == (201, "filled")
    assert person.get("/positions") == []
    assert person.get("/account")["cashInCents"] == 10_000_000 - 100_100 + 99_900


def test_limit_order_holds_cash_until_it_is_cancelled(newcomer: Newcomer) -> None:
    person = newcomer()
    placed = person.buy(10, 5_000)
    assert (placed.status, placed.json["status"], placed.json["priceInCents"]) == (201, "submitted", 5_000)
    assert person.get("/account")["heldInCents"] == 50_000
    path = f"/order/{placed.json['orderId']}"

    cancelled = person.ask("DELETE", path)
    assert (cancelled.status, cancelled.json["ok"], cancelled.json["order"]["status"]) == (200, True, "cancelled")
    assert person.get("/account")["heldInCents"] == 0
    assert person.ask("DELETE", path).json == cancelled.json
    trail = person.get(f"{path}/events")
    assert [row["what"] for row in trail] == ["placed", "accepted", "cancel_asked", "closed_by_exchange"]
    assert [row["actor"] for row in trail][:1] == ["you"]


def test_cancel_of_a_filled_order_is_refused_with_the_order(newcomer: Newcomer) -> None:
    person = newcomer()
    order = person.buy(1).json
    refused = person.ask("DELETE", f"/order/{order['orderId']}")
    assert (refused.status, refused.code, refused.json["order"]) == (409, "order_closed", order)


def test_refusals_of_an_order(newcomer: Newcomer) -> None:
    person = newcomer()
    order = {"position": "buy", "symbol": "META", "numShares": 1}
    for change, code in (
        ({"symbol": "NOPE"}, "unknown_symbol"),
        ({"numShares": 0}, "invalid_shares"),
        ({"numShares": 1_000_001}, "invalid_shares"),
        ({"priceInCents": 0}, "invalid_price"),
        ({"priceInCents": 100_000_000}, "invalid_price"),
        ({"numShares": 1_000_000}, "insufficient_buying_power"),
        ({"position": "sell"}, "insufficient_shares"),
    ):
        refused = person.ask("POST", "/order", {**order, **change})
        assert (refused.status, refused.code) == (422, code)
    assert person.get("/orders") == []


def test_refused_by_the_exchange(newcomer: Newcomer, broker: Broker) -> None:
    person = newcomer()
    broker.on_loop(broker.venue.set_faults(refuse={"rate": 1, "count": 1}))
    key = str(uuid4())
    refused = person.buy(1, 5_000, Idempotency_Key=key)
    assert (refused.status, refused.code) == (422, "exchange_refused")
    assert refused.json["order"]["status"] == "failed"
    again = person.buy(1, 5_000, Idempotency_Key=key)
    assert (again.status, again.json) == (422, refused.json)
    assert again.headers["idempotency-replayed"] == "true"


def test_same_key_same_body_is_the_same_order(newcomer: Newcomer) -> None:
    person = newcomer()
    key = str(uuid4())
    first = person.buy(2, Idempotency_Key=key)
    again = person.buy(2, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = person.buy(3, Idempotency_Key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(person.get("/orders")) == 1
    assert [order["orderId"] for order in person.get(f"/orders?idempotencyKey={key}")] == [first.json["orderId"]]


def test_orders_of_another_are_not_there(newcomer: Newcomer) -> None:
    one, other = newcomer(), newcomer()
    path = f"/order/{one.buy(1, 5_000).json['orderId']}"
    for method, address in (("GET", path), ("GET", f"{path}/events"), ("DELETE", path)):
        refused = other.ask(method, address)
        assert (refused.status, refused.code) == (404, "not_found")
    assert other.get("/orders") == []
    assert one.get(path)["status"] == "submitted"


def test_orders_come_in_pages_newest_first(newcomer: Newcomer) -> None:
    person = newcomer()
    placed = [person.buy(number, 5_000).json["orderId"] for number in range(1, 6)]
    person.ask("DELETE", f"/order/{placed[1]}")
    pages, path = [], "/orders?limit=2&status=submitted&symbol=META"
    while path:
        answer = person.ask("GET", path)
        pages.append([order["orderId"] for order in answer.json])
        path = answer.headers.get("link", "").removesuffix('>; rel="next"').removeprefix("<")
    assert pages == [[placed[4], placed[3]], [placed[2], placed[0]]]
    assert person.get("/orders?symbol=AAPL") == []
    cursor = person.ask("GET", "/orders?limit=1").headers["link"].partition("cursor=")[2].partition(">")[0]
    assert person.ask("GET", f"/orders?cursor={cursor}").status == 200
    for other in (cursor + "!", cursor + "AA", cursor[:-2], cursor + "=="):
        assert person.ask("GET", f"/orders?cursor={other}").status == 400


def test_activity_comes_in_pages_and_as_csv(newcomer: Newcomer) -> None:
    person = newcomer()
    for _ in range(3):
        person.buy(1)
    everything = person.get("/activity")
    assert _all_pages(person, "/activity?limit=1") == everything
    assert [row["type"] for row in everything] == ["fill", "fill", "fill", "transfer"]

    csv = person.ask("GET", "/activity", Accept="text/csv")
    assert csv.headers["content-type"].startswith("text/csv")
    head, *rows = csv.body.decode().splitlines()
    assert head == "activityId,type,time,symbol,position,shares,price,amountInCents"
    assert [row.split(",")[0] for row in rows] == [row["activityId"] for row in everything]
    assert rows[0].endswith("META,buy,1,100.10,-10010")


def test_activity_of_one_symbol(broker: Broker, newcomer: Newcomer) -> None:
    """Also of one that trades no more."""
    person = newcomer()
    for shares in (1, 2, 3):
        person.buy(shares)
        broker.book(person.get("/account")["userId"], [Fill(0, "GONE", shares, 1_000_000)])
    everything = person.get("/activity")
    assert person.get("/activity?symbol=") == everything
    for symbol in ("META", "GONE"):
        fills = [row for row in everything if row.get("symbol") == symbol]
        assert sorted(row["shares"] for row in fills) == [1, 2, 3]
        assert _all_pages(person, f"/activity?symbol={symbol}&limit=2") == fills
        assert person.get(f"/activity?symbol={symbol}") == fills
        ids = [row["activityId"] for row in fills]
        spreadsheet = person.ask("GET", f"/activity?symbol={symbol}", Accept="text/csv").body.decode()
        assert [row.split(",")[0] for row in spreadsheet.splitlines()[1:]] == ids
        import_file = person.ask("GET", f"/activity?symbol={symbol}&format=ghostfolio").body.decode()
        assert [row.split(",")[-1] for row in import_file.splitlines()[1:]] == ids
    for symbol in ("AAPL", "NEVER", "meta", "%F0%9F%98%80", "x" * 256):
        answer = person.ask("GET", f"/activity?symbol={symbol}")
        assert (answer.status, answer.json) == (200, [])
        assert "link" not in answer.headers


def _all_pages(person: Client, path: str) -> list[object]:
    rows: list[object] = []
    while path:
        answer = person.ask("GET", path)
        rows += answer.json
        path = answer.headers.get("link", "").removesuffix('>; rel="next"').removeprefix("<")
    return rows


def test_orders_of_one_person_are_limited(strict_broker: Broker) -> None:
    eager, other = sign_up(strict_broker), sign_up(strict_broker)
    answers = [eager.buy(1, 5_000) for _ in range(4)]
    refused = next(answer for answer in answers if answer.status != 201)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"orders";r=0;t=1'
    assert refused.headers["ratelimit-policy"] == '"orders";q=2;w=1'
    assert other.buy(1, 5_000).status == 201
    assert len(eager.get("/orders")) == sum(answer.status == 201 for answer in answers)
