"""What the broker answers, as frozen structs. Money is integer cents, shares are whole, times are RFC 3339 UTC as they came."""

from datetime import datetime
from typing import Literal

import msgspec

Side = Literal["buy", "sell"]
OrderType = Literal["market", "limit"]
Status = Literal["pending", "submitted", "partially_filled", "filled", "pending_cancel", "cancelled", "failed"]
Range = Literal["1d", "1w", "1m", "1y", "all"]

OPEN: frozenset[Status] = frozenset({"pending", "submitted", "partially_filled", "pending_cancel"})


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The base of every answer. Members that a newer broker adds are passed over."""


class Person(Answer, frozen=True, kw_only=True):
    user_id: str
    email: str


class SignedIn(Answer, frozen=True, kw_only=True):
    token: str
    expires_at: datetime


class Session(Answer, frozen=True, kw_only=True):
    """`user` is None for somebody who is not signed in."""

    user: Person | None


class Token(Answer, frozen=True, kw_only=True):
    """A program's long-lived token, without its secret."""

    token_id: str
    name: str
    created_at: datetime


class NewToken(Token, frozen=True, kw_only=True):
    """`token` is the secret: told this once, never again."""

    token: str


class Symbol(Answer, frozen=True, kw_only=True):
    """A symbol's price and its day. What the day has not had yet is None."""

    symbol: str
    name: str
    price_in_cents: int
    previous_close_in_cents: int
    day_open_in_cents: int | None
    day_high_in_cents: int | None
    day_low_in_cents: int | None
    day_volume: int
    stale: bool
    updated_at: datetime
    epoch: int
    sequence: int

    @property
    def change_in_cents(self) -> int:
        """Since the close of the day before."""
        return self.price_in_cents - self.previous_close_in_cents


class FoundSymbol(Answer, frozen=True, kw_only=True):
    symbol: str
    name: str
    price_in_cents: int


class Bar(Answer, frozen=True, kw_only=True):
    time: datetime
    open_in_cents: int
    high_in_cents: int
    low_in_cents: int
    close_in_cents: int
    volume: int


class MarketStatus(Answer, frozen=True, kw_only=True):
    """`opens_at` and `closes_at` are None for a market that never closes."""

    open: bool
    opens_at: datetime | None
    closes_at: datetime | None
    now: datetime
    feed_lag_ms: int | None


class Order(Answer, frozen=True, kw_only=True):
    order_id: str
    position: Side
    symbol: str
    type: OrderType
    num_shares: int
    price_in_cents: int | None
    status: Status
    filled_shares: int
    average_fill_price_in_cents: int | None
    external_order_id: str | None
    reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """It can still fill, or its outcome is not known yet."""
        return self.status in OPEN


class Placed(Answer, frozen=True, kw_only=True):
    """`is_known`: the exchange has answered. If not, the order is kept as `pending` and settles by itself; its stream tells.
    `replayed`: an earlier request with this key had placed it."""

    order: Order
    is_known: bool
    replayed: bool


class Cancelled(Answer, frozen=True, kw_only=True):
    """`ok`: the order is closed. If not, the cancel is kept as `pending_cancel` and settles by itself."""

    ok: bool
    order: Order


class OrderEvent(Answer, frozen=True, kw_only=True):
    """A row of an order's audit trail."""

    time: datetime
    what: str
    result: str
    actor: str
    request_id: str
    detail: str


class Account(Answer, frozen=True, kw_only=True):
    user_id: str
    cash_in_cents: int
    held_in_cents: int
    buying_power_in_cents: int
    positions_value_in_cents: int
    equity_in_cents: int
    frozen: bool


class Position(Answer, frozen=True, kw_only=True):
    """Price, value and gain are None while no price of the symbol is known."""

    symbol: str
    shares: int
    held_shares: int
    average_cost_in_cents: int
    price_in_cents: int | None
    market_value_in_cents: int | None
    gain_in_cents: int | None


class Activity(Answer, frozen=True, kw_only=True):
    """A fill or a transfer; a transfer has no symbol, position, shares and price. `price` is dollars as a decimal string."""

    activity_id: str
    type: str
    time: datetime
    symbol: str | None = None
    position: Side | None = None
    shares: int | None = None
    price: str | None = None
    amount_in_cents: int


class Equity(Answer, frozen=True, kw_only=True):
    """What an account was worth at a time."""

    time: datetime
    equity_in_cents: int
    cash_in_cents: int
    positions_value_in_cents: int


class Returns(Answer, frozen=True, kw_only=True):
    """What an account gained in a time, and how much of what was in it. What came in less what went, `transferred_in_cents`, is no gain.
    A return is None where there was nothing to gain from."""

    from_time: datetime
    to_time: datetime
    start_equity_in_cents: int
    end_equity_in_cents: int
    transferred_in_cents: int
    gain_in_cents: int
    plain_return_in_basis_points: int | None
    time_weighted_return_in_basis_points: int | None
