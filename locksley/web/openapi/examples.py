"""Examples, made of the types themselves; the tests send those of bodies, and check those of answers against the schemas."""

from typing import Any

import msgspec

from locksley.domain.order import OrderType, Side, Status
from locksley.orders.request import OrderRequest
from locksley.web import people, shapes, subscriptions
from locksley.web.route import Route

_USER_ID = "019aabf0-1b2c-7d3e-8f40-516273849501"
_ORDER_ID = "019aabf1-5c3e-7b52-b1a6-8a3f5d0c9e11"
_TOKEN_ID = "019aabf2-7e5d-7c4b-a392-81706f5e4d33"
_STREAM_ID = "5f0c1d8a9be24c7f8f6f1e1f0b5b4a7c"
_PASSWORD = "a long password"
_TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"
_TIME = "2026-11-22T15:04:05.123Z"

_BODIES: dict[type, Any] = {
    OrderRequest: OrderRequest(Side.BUY, "META", 10, 50_000),
    subscriptions.Subscription: subscriptions.Subscription(symbols=["META", "AAPL"]),
    subscriptions.Change: subscriptions.Change(add=["AAPL"], remove=["META"]),
    people.Credentials: people.Credentials(email="robin@locksley.example", password=_PASSWORD),
    people.SignUp: people.SignUp(email="robin@locksley.example", password=_PASSWORD),
    people.PasswordChange: people.PasswordChange(password=_PASSWORD, new_password=_PASSWORD + "!"),
    people.NewToken: people.NewToken(name="my program"),
}

_ORDER = shapes.Order(
    order_id=_ORDER_ID,
    position=Side.BUY,
    symbol="META",
    type=OrderType.LIMIT,
    num_shares=10,
    price_in_cents=50_000,
    status=Status.SUBMITTED,
    filled_shares=0,
    average_fill_price_in_cents=None,
    external_order_id="x-1",
    reason=None,
    version=2,
    created_at=_TIME,
    updated_at=_TIME,
)
_SYMBOL = shapes.Symbol(
    symbol="META",
    name="Meta Platforms, Inc.",
    price_in_cents=50_100,
    previous_close_in_cents=49_850,
    day_open_in_cents=49_900,
    day_high_in_cents=50_240,
    day_low_in_cents=49_760,
    day_volume=18_400,
    stale=False,
    updated_at=_TIME,
    epoch=3,
    sequence=1_024,
)
_PERSON = shapes.Person(user_id=_USER_ID, email="robin@locksley.example")
_TRANSFER = shapes.Activity(activity_id="transfer-1", type="transfer", time=_TIME, amount_in_cents=10_000_000)
_FILL = shapes.Activity(
    activity_id="fill-1",
    type="fill",
    time=_TIME,
    symbol="META",
    position=Side.BUY,
    shares=10,
    price="500.00",
    amount_in_cents=-500_000,
)

_ANSWERS: dict[Any, Any] = {
    shapes.Person: _PERSON,
    shapes.WhoIsSignedIn: shapes.WhoIsSignedIn(user=_PERSON),
    shapes.SignedIn: shapes.SignedIn(token=_TOKEN, expires_at="2026-11-23T15:04:05Z"),
    shapes.Order: _ORDER,
    list[shapes.Order]: [_ORDER],
    shapes.CancelAnswer: shapes.CancelAnswer(
        ok=True,
        order=msgspec.structs.replace(_ORDER, status=Status.CANCELLED, reason="cancelled by its person", version=4),
    ),
    shapes.Symbol: _SYMBOL,
    shapes.Watched: shapes.Watched(stream_id=_STREAM_ID, symbols=["AAPL"]),
    shapes.MarketStatus: shapes.MarketStatus(open=True, opens_at=None, closes_at=None, now=_TIME, feed_lag_ms=3),
    shapes.Account: shapes.Account(
        user_id=_USER_ID,
        cash_in_cents=9_500_000,
        held_in_cents=0,
        buying_power_in_cents=9_500_000,
        positions_value_in_cents=501_000,
        equity_in_cents=10_001_000,
        frozen=False,
    ),
    list[shapes.Position]: [
        shapes.Position(
            symbol="META",
            shares=10,
            held_shares=0,
            average_cost_in_cents=50_000,
            price_in_cents=50_100,
            market_value_in_cents=501_000,
            gain_in_cents=1_000,
        )
    ],
    list[shapes.Activity]: [_FILL, _TRANSFER],
    shapes.Health: shapes.Health(status="ok"),
}

_PATH = {"name": "META", "order_id": _ORDER_ID, "token_id": _TOKEN_ID, "stream_id": _STREAM_ID}


def of_body(route: Route) -> dict[str, Any]:
    return _example(_BODIES.get(route.body) if route.body is not None else None)


def of_answer(route: Route) -> dict[str, Any]:
    return _example(_ANSWERS.get(route.answer))


def of_path(name: str) -> dict[str, Any]:
    return _example(_PATH.get(name))


def _example(value: Any) -> dict[str, Any]:
    return {} if value is None else {"example": msgspec.to_builtins(value)}
