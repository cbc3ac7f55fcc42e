"""What goes over the wire as JSON, and the way there from the domain: camelCase, integer cents, RFC 3339."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from locksley.clock import rfc3339
from locksley.domain import order as domain
from locksley.domain.money import shown_price_cents
from locksley.domain.price import Price
from locksley.order_db.port import AuditRow

Id = Annotated[str, msgspec.Meta(extra_json_schema={"format": "uuid"})]
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Cents = Annotated[int, msgspec.Meta(description="US cents.")]
Dollars = Annotated[
    str, msgspec.Meta(description="US dollars.", extra_json_schema={"pattern": r"^[0-9]+\.([0-9]{2}|[0-9]{4})$"})
]
Count = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0})]
Ticker = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1})]


class Json(msgspec.Struct, kw_only=True, rename="camel", gc=False):
    """The base of every answer."""


class Body(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The base of every request's body and query."""


class Person(Json):
    user_id: Id
    email: str


class WhoIsSignedIn(Json):
    user: Person | None


class SignedIn(Json):
    token: str
    expires_at: Time


class Token(Json):
    token_id: Id
    name: str
    created_at: Time


class TokenMade(Token):
    """`token` is told this once and never again."""

    token: str


class Order(Json):
    order_id: Id
    position: domain.Side
    symbol: Ticker
    type: domain.OrderType
    num_shares: Count
    price_in_cents: Cents | None
    status: domain.Status
    filled_shares: Count
    average_fill_price_in_cents: Cents | None
    external_order_id: str | None
    reason: str | None
    version: Count
    created_at: Time
    updated_at: Time


class CancelAnswer(Json):
    """`ok`: the exchange has answered and the order is closed."""

    ok: bool
    order: Order


class OrderEvent(Json):
    """A row of an order's audit trail."""

    time: Time
    what: str
    result: str
    actor: str
    request_id: str
    detail: str


class Symbol(Json):
    symbol: Ticker
    name: str
    price_in_cents: Cents
    previous_close_in_cents: Cents
    day_open_in_cents: Cents | None
    day_high_in_cents: Cents | None
    day_low_in_cents: Cents | None
    day_volume: Count
    stale: bool
    updated_at: Time
    epoch: Count
    sequence: Count


class Bar(Json):
    """What a symbol did in the interval that begins at `time`; a day begins with midnight in New York."""

    time: Time
    open_in_cents: Cents
    high_in_cents: Cents
    low_in_cents: Cents
    close_in_cents: Cents
    volume: Count


class FoundSymbol(Json):
    symbol: Ticker
    name: str
    price_in_cents: Cents


class Watched(Json):
    """The symbols that a stream watches now."""

    stream_id: str
    symbols: list[Ticker]


class MarketStatus(Json):
    """`opens_at` and `closes_at` are null for a market that never closes."""

    open: bool
    opens_at: Time | None
    closes_at: Time | None
    now: Time
    feed_lag_ms: int | None


class Account(Json):
    user_id: Id
    cash_in_cents: Cents
    held_in_cents: Cents
    buying_power_in_cents: Cents
    positions_value_in_cents: Cents
    equity_in_cents: Cents
    frozen: bool


class Position(Json):
    """`price_in_cents`, value and gain are null while no price of the symbol is known."""

    symbol: Ticker
    shares: Count
    held_shares: Count
    average_cost_in_cents: Cents
    price_in_cents: Cents | None
    market_value_in_cents: Cents | None
    gain_in_cents: Cents | None


class Activity(Json, kw_only=True):
    """A fill or a transfer. `amount_in_cents` is what it did to the cash; `price` is dollars as a decimal string."""

    activity_id: str
    type: Literal["fill", "transfer"]
    time: Time
    symbol: Ticker | UnsetType = UNSET
    position: domain.Side | UnsetType = UNSET
    shares: Count | UnsetType = UNSET
    price: Dollars | UnsetType = UNSET
    amount_in_cents: Cents


class PortfolioValue(Json):
    time: Time
    equity_in_cents: Cents
    cash_in_cents: Cents
    positions_value_in_cents: Cents


class Returns(Json):
    """Returns are in basis points, hundredths of a percent; null: there was nothing to gain from. `transferred` came in, less what went."""

    from_time: Time
    to_time: Time
    start_equity_in_cents: Cents
    end_equity_in_cents: Cents
    transferred_in_cents: Cents
    gain_in_cents: Cents
    plain_return_in_basis_points: int | None
    time_weighted_return_in_basis_points: int | None


class Gain(Json):
    """By average cost. `unrealised_gain_in_cents` is null while no price of the symbol is known."""

    symbol: Ticker
    shares: Count
    cost_in_cents: Cents
    average_cost_in_cents: Cents
    realised_gain_in_cents: Cents
    unrealised_gain_in_cents: Cents | None


class Watchlist(Json):
    watchlist_id: Id
    name: str
    symbols: list[Ticker]


class Health(Json):
    status: str


def order_json(order: domain.Order) -> Order:
    return Order(
        order_id=order.order_id,
        position=order.side,
        symbol=order.symbol,
        type=order.type,
        num_shares=order.num_shares,
        price_in_cents=order.price_cents,
        status=order.status,
        filled_shares=order.filled_shares,
        average_fill_price_in_cents=order.average_fill_price_cents,
        external_order_id=order.external_order_id,
        reason=order.reason,
        version=order.version,
        created_at=rfc3339(order.created_at_ms),
        updated_at=rfc3339(order.updated_at_ms),
    )


def order_event_json(row: AuditRow, user_id: str) -> OrderEvent:
    """`actor` is `you` for the person who asks; the address stays with the operator."""
    return OrderEvent(
        time=rfc3339(row.at_ms),
        what=row.what,
        result=row.result,
        actor="you" if row.source.actor == user_id else row.source.actor,
        request_id=row.source.request_id,
        detail=row.detail,
    )


def symbol_json(price: Price, stale: bool) -> Symbol:
    return Symbol(
        symbol=price.symbol,
        name=price.name,
        price_in_cents=price.price_cents,
        previous_close_in_cents=shown_price_cents(price.previous_close_e4),
        day_open_in_cents=_cents(price.day_open_e4),
        day_high_in_cents=_cents(price.day_high_e4),
        day_low_in_cents=_cents(price.day_low_e4),
        day_volume=price.day_volume,
        stale=stale,
        updated_at=rfc3339(price.updated_at_ms),
        epoch=price.epoch,
        sequence=price.sequence,
    )


def found_symbol_json(price: Price) -> FoundSymbol:
    return FoundSymbol(symbol=price.symbol, name=price.name, price_in_cents=price.price_cents)


def _cents(price_e4: int | None) -> int | None:
    return None if price_e4 is None else shown_price_cents(price_e4)
