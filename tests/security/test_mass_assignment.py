"""Members and parameters that are not ours to give: refused by name, on every route, and nothing comes of them."""

from typing import Any

import pytest

from locksley.web.route import Route
from locksley.web.routes import ROUTES
from tests.security.theirs import Theirs
from tests.web.broker import Broker
from tests.web.conftest import sign_up
from tests.web.test_bad_input import GOOD

NOT_OURS: dict[str, Any] = {
    "userId": "somebody",
    "user_id": "somebody",
    "orderId": "00000000-0000-7000-8000-000000000000",
    "order_id": "00000000-0000-7000-8000-000000000000",
    "externalOrderId": "x",
    "status": "filled",
    "version": 99,
    "filledShares": 1_000_000,
    "filledValueE4": 1,
    "averageFillPriceInCents": 1,
    "worstPriceCents": 1,
    "notAfterMs": 1,
    "frozen": False,
    "cashInCents": 10**12,
    "heldInCents": 0,
    "paperCashCents": 10**12,
    "createdAt": "2020-01-01T00:00:00Z",
    "isAdmin": True,
    "role": "admin",
    "passwordHash": "x",
    "tokenId": "x",
    "token": "x",
    "idempotencyKey": "x",
    "__proto__": {"frozen": False},
    "constructor": {},
    "Position": "sell",
    "NumShares": 1,
    "num_shares": 1,
    "": 1,
}

WITH_BODY = [route for route in ROUTES if route.body is not None]
WITHOUT_STREAMS = [route for route in ROUTES if not route.is_stream]


@pytest.fixture(scope="module")
def theirs(broker: Broker) -> Any:
    things = Theirs(broker)
    yield things
    things.close()


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: f"{route.method} {route.path}")
def test_member_of_a_body(theirs: Theirs, route: Route) -> None:
    assert route.body is not None
    path = theirs.path_of(route)
    before = theirs.state()
    for name, value in NOT_OURS.items():
        answer = theirs.client.ask(route.method, path, {**GOOD[route.body], name: value})
        assert (answer.status, answer.code) == (400, "malformed"), (name, answer)
    assert theirs.state() == before


@pytest.mark.parametrize("route", WITHOUT_STREAMS, ids=lambda route: f"{route.method} {route.path}")
def test_parameter_of_a_query(theirs: Theirs, route: Route) -> None:
    path = theirs.path_of(route)
    body = GOOD[route.body] if route.body is not None else None
    before = theirs.state()
    for name in ("userId", "user_id", "role", "isAdmin", "_method", "frozen", "version"):
        answer = theirs.client.ask(route.method, f"{path}?{name}=x", body)
        assert answer.status in (400, 404), (name, answer)
    assert theirs.state() == before


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"]
)
def test_header_that_claims_another_method_or_address(broker: Broker, name: str) -> None:
    person = sign_up(broker)
    order_id = person.buy(1, 5_000).json["orderId"]
    for value in ("DELETE", f"/order/{order_id}", "/metrics"):
        headers = {name.replace("-", "_"): value}
        assert person.ask("GET", f"/order/{order_id}", **headers).json["status"] == "submitted"
        assert person.ask("POST", f"/order/{order_id}", {}, **headers).status == 405
    assert person.get(f"/order/{order_id}")["status"] == "submitted"
