"""What goes over the wire as JSON, and the way there from the domain: camelCase, integer cents, RFC 3339."""

import msgspec
from msgspec import UNSET, UnsetType

from locksley.clock import rfc3339
from locksley.domain import order as domain
from locksley.domain.money import shown_price_cents
from locksley.domain.price import Price
from locksley.order_db.port import AuditRow


class Json(msgspec.Struct, kw_only=True, rename="camel", gc=False):
    """The base of every answer."""


class Body(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The base of every request's body and query."""


class Person(Json):
    user_id: str
    email: str


class WhoIsSignedIn(Json):
    user: Person | None


class SignedIn(Json):
    token: str
    expires_at: str


class Token(Json):
    token_id: str
    name: str
    created_at: str


class NewToken(Token):
    """`token` is told this once and never again."""

    token: str


class Order(Json):
    order_id: str
    position: domain.Side
    symbol: str
    type: domain.OrderType
    num_shares: int
    price_in_cents: int | None
    status: domain.Status
    filled_shares: int
    average_fill_price_in_cents: int | None
    external_order_id: str | None
    reason: str | None
    version: int
    created_at: str
    updated_at: str


class CancelAnswer(Json):
    """`ok`: the exchange has answered and the order is closed."""

    ok: bool
    order: Order


class OrderEvent(Json):
    """A row of an order's audit trail."""

    time: str
    what: str
    result: str
    actor: str
    request_id: str
    detail: str


class Symbol(Json):
    symbol: str
    name: str
    price_in_cents: int
    previous_close_in_cents: int
    day_open_in_cents: int | None
    day_high_in_cents: int | None
    day_low_in_cents: int | None
    day_volume: int
    stale: bool
    updated_at: str
    epoch: int
    sequence: int


class Bar(Json):
    """What a symbol did in the interval that begins at `time`; a day begins with midnight in New York."""

    time: str
    open_in_cents: int
    high_in_cents: int
    low_in_cents: int
    close_in_cents: int
    volume: int


class FoundSymbol(Json):
    symbol: str
    name: str
    price_in_cents: int


class Watched(Json):
    """The symbols that a stream watches now."""

    stream_id: str
    symbols: list[str]


class MarketStatus(Json):
    """`opens_at` and `closes_at` are null for a market that never closes."""

    open: bool
    opens_at: str | None
    closes_at: str | None
    now: str
    feed_lag_ms: int | None


class Account(Json):
    user_id: str
    cash_in_cents: int
    held_in_cents: int
    buying_power_in_cents: int
    positions_value_in_cents: int
    equity_in_cents: int
    frozen: bool


class Position(Json):
    """`price_in_cents`, value and gain are null while no price of the symbol is known."""

    symbol: str
    shares: int
    held_shares: int
    average_cost_in_cents: int
    price_in_cents: int | None
    market_value_in_cents: int | None
    gain_in_cents: int | None


class Activity(Json, kw_only=True):
    """A fill or a transfer. `amount_in_cents` is what it did to the cash; `price` is dollars as a decimal string."""

    activity_id: str
    type: str
    time: str
    symbol: str | UnsetType = UNSET
    position: domain.Side | UnsetType = UNSET
    shares: int | UnsetType = UNSET
    price: str | UnsetType = UNSET
    amount_in_cents: int


class PortfolioValue(Json):
    time: str
    equity_in_cents: int
    cash_in_cents: int
    positions_value_in_cents: int


class Returns(Json):
    """Returns are in basis points, hundredths of a percent; null: there was nothing to gain from. `transferred` came in, less what went."""

    from_time: str
    to_time: str
    start_equity_in_cents: int
    end_equity_in_cents: int
    transferred_in_cents: int
    gain_in_cents: int
    plain_return_in_basis_points: int | None
    time_weighted_return_in_basis_points: int | None


class Gain(Json):
    """By average cost. `unrealised_gain_in_cents` is null while no price of the symbol is known."""

    symbol: str
    shares: int
    cost_in_cents: int
    average_cost_in_cents: int
    realised_gain_in_cents: int
    unrealised_gain_in_cents: int | None


class Watchlist(Json):
    watchlist_id: str
    name: str
    symbols: list[str]


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
