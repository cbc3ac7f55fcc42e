import io
from typing import Any

import pytest

from tests.paper_exchange.fixed_market import quote
from tests.paper_exchange.venue import Venue, order

WRONG_ORDERS: list[Any] = [
    b"",
    b"not json",
    b"\xff\xfe",
    {},
    [],
    [order(f"o{n}") for n in range(1001)],
    [{**order("a"), "extra": 1}],
    [{k: v for k, v in order("a").items() if k != "notAfter"}],
    [order("a", side="BUY")],
    [order("a", type="stop")],
    [order("a", priceE4=1.5)],
    [order("a", priceE4="1")],
    [order("a", numShares=None)],
    [order("a", notAfter="tomorrow")],
    [order("a", notAfter="2026-01-01T00:00:00")],
    [order("")],
    [order("a" * 129)],
    [order("good"), order("bad", side=0)],
    b"[" * 100_000,
    b'[{"numShares":NaN}]',
]


@pytest.mark.parametrize("body", WRONG_ORDERS, ids=range(len(WRONG_ORDERS)))
async def test_wrong_orders(venue: Venue, body: Any) -> None:
    status, answer = await venue.ask("POST", "/orders", body)
    assert (status, len(answer["error"]) > 10) == (400, True)
    assert venue.exchange.orders.all == []


@pytest.mark.parametrize("body", [[{}], [{"clientOrderId": "a", "externalOrderId": "b"}], [{"id": "a"}], [], {}])
async def test_wrong_cancels(venue: Venue, body: Any) -> None:
    status, answer = await venue.ask("POST", "/cancels", body)
    assert (status, len(answer["error"]) > 10) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/orders", 400),
        ("GET", "/orders?state=filled", 400),
        ("GET", "/orders?state=open&cursor=x", 400),
        ("GET", "/orders?state=open&limit=1", 400),
        ("GET", "/orders?from=yesterday", 400),
        ("GET", "/orders?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400),
        ("GET", "/orders?" + "&".join(f"clientOrderId={n}" for n in range(101)), 400),
        ("GET", "/trades?after=-1", 400),
        ("GET", "/trades?after=1&after=2", 400),
        ("GET", "/trades?after=99999999999999999999999", 400),
        ("GET", "/trades?after=%D9%A3", 400),
        ("GET", "/trades/stream", 400),
        ("GET", "/trades/stream?client=", 400),
        ("GET", "/trades/stream?client=c&after=x", 400),
        ("POST", "/trades/stream?client=c", 405),
        ("GET", "/bars/META?interval=1w", 400),
        ("GET", "/bars/META?interval=0m", 400),
        ("GET", "/bars/META?interval=", 400),
        ("GET", "/bars/META?interval=1s&from=2000-01-01T00:00:00Z", 400),
        ("GET", "/bars/NONE", 404),
        ("GET", "/quotes/NONE", 404),
        ("GET", "/quotes/", 404),
        ("GET", "/symbols?cursor=a&x=1", 400),
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("DELETE", "/orders", 405),
        ("GET", "/faults", 405),
        ("GET", "/orders/a", 404),
    ],
)
async def test_wrong_request(venue: Venue, method: str, path: str, expected: int) -> None:
    status, answer = await venue.ask(method, path)
    assert (status, len(answer["error"]) > 10) == (expected, True), answer


async def test_body_over_a_mebibyte(venue: Venue) -> None:
    status, answer = await venue.ask("POST", "/orders", io.BytesIO(b"[" + b" " * (2 << 20) + b"]"))
    assert (status, "fewer orders" in answer["error"]) == (413, True)


async def test_right_requests(venue: Venue) -> None:
    await venue.happen(quote(499_000, 10, 501_000, 20))
    answer = await venue.get("/quotes/META")
    assert (answer["bidE4"], answer["bidSize"], answer["askE4"], answer["askSize"]) == (499_000, 10, 501_000, 20)
    assert (await venue.get("/quotes/AAPL"))["bidE4"] is None
    assert [item["symbol"] for item in (await venue.get("/symbols"))["items"]] == ["AAPL", "META"]
    bars = await venue.get("/bars/META?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&interval=1h")
    assert bars["items"] == [
        {"time": "2026-01-01T00:00:00.000000Z", "openE4": 1, "highE4": 4, "lowE4": 1, "closeE4": 3, "volume": 100}
    ]
    status = await venue.get("/status")
    assert set(status) == {"epoch", "sequence", "now", "open", "opensAt", "closesAt"}
    (placed,) = await venue.place(order("a"))
    (listed,) = (await venue.get("/orders?state=open"))["items"]
    assert {**listed, "result": "accepted"} == placed
    (changed,) = (await venue.get("/orders?from=2026-01-01T00:00:00%2B02:00"))["items"]
    assert changed == listed
