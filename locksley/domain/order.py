"""An order, the states of its life, and the one table that says how each event moves it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from locksley.domain.money import E4_PER_CENT, divide_half_even

MAX_SHARES = 1_000_000
MAX_PRICE_CENTS = 99_999_999


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class Status(StrEnum):
    __hash__ = str.__hash__  # an Enum's own is written in Python, and the table is asked for every event

    PENDING = "pending"
    SUBMITTED = "submitted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    PENDING_CANCEL = "pending_cancel"
    CANCELLED = "cancelled"
    FAILED = "failed"


CLOSED = frozenset({Status.FILLED, Status.CANCELLED, Status.FAILED})
OPEN = frozenset(Status) - CLOSED


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One person's order.

    `worst_price_cents` bounds what a share may cost (buy) or must bring (sell): the limit price, or the market order's collar.
    `filled_value_e4` is the sum of price x shares over its fills. `not_after_ms` is the moment, by the exchange's clock, after
    which the exchange must refuse it. `version` counts its changes.
    """

    order_id: str
    user_id: str
    side: Side
    symbol: str
    type: OrderType
    num_shares: int
    price_cents: int | None
    worst_price_cents: int
    status: Status = Status.PENDING
    filled_shares: int = 0
    filled_value_e4: int = 0
    external_order_id: str | None = None
    reason: str | None = None
    version: int = 1
    not_after_ms: int
    created_at_ms: int
    updated_at_ms: int

    @property
    def remaining_shares(self) -> int:
        return self.num_shares - self.filled_shares

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def average_fill_price_cents(self) -> int | None:
        if self.filled_shares == 0:
            return None
        return divide_half_even(self.filled_value_e4, E4_PER_CENT * self.filled_shares)


class Happening(StrEnum):
    """What can happen to an order; the columns of the table."""

    __hash__ = str.__hash__

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NEVER_HAD = "never_had"
    FILL_SOME_LEFT = "fill_some_left"
    FILL_NONE_LEFT = "fill_none_left"
    CANCEL_ASKED = "cancel_asked"
    CLOSED_BY_EXCHANGE = "closed_by_exchange"


class Move(NamedTuple):
    """What the table says: the next status, whether a person must look (`alarm`), whether the asker is refused (`refused`)."""

    to: Status
    alarm: bool = False
    refused: bool = False


def _row(status: Status, **moves: Move | None) -> Mapping[tuple[Status, Happening], Move]:
    return {(status, Happening(name)): move or Move(status) for name, move in moves.items()}


_STAY = None
_TO_FAILED = Move(Status.FAILED)
_TO_CANCELLED = Move(Status.CANCELLED)
_TO_PARTIALLY_FILLED = Move(Status.PARTIALLY_FILLED)
_TO_FILLED = Move(Status.FILLED)
_TO_PENDING_CANCEL = Move(Status.PENDING_CANCEL)


def _alarm(status: Status) -> Move:
    return Move(status, alarm=True)


def _working(status: Status) -> Mapping[tuple[Status, Happening], Move]:
    return _row(
        status,
        accepted=_STAY,
        refused=_alarm(status),
        never_had=_alarm(Status.CANCELLED),  # lost_by_exchange: it had the order and came back without its memory
        fill_some_left=_TO_PARTIALLY_FILLED,
        fill_none_left=_TO_FILLED,
        cancel_asked=_TO_PENDING_CANCEL,
        closed_by_exchange=_TO_CANCELLED,
    )


TABLE: Mapping[tuple[Status, Happening], Move] = {
    **_row(
        Status.PENDING,
        accepted=Move(Status.SUBMITTED),
        refused=_TO_FAILED,
        never_had=_TO_FAILED,
        fill_some_left=_TO_PARTIALLY_FILLED,  # a fill proves acceptance
        fill_none_left=_TO_FILLED,
        cancel_asked=_TO_PENDING_CANCEL,
        closed_by_exchange=_TO_CANCELLED,
    ),
    **_working(Status.SUBMITTED),
    **_working(Status.PARTIALLY_FILLED),
    **_row(
        Status.PENDING_CANCEL,
        accepted=_STAY,  # and the cancel is sent
        refused=_TO_FAILED,
        never_had=_TO_CANCELLED,
        fill_some_left=_STAY,
        fill_none_left=_TO_FILLED,
        cancel_asked=_STAY,
        closed_by_exchange=_TO_CANCELLED,
    ),
    **_row(
        Status.FILLED,
        accepted=_STAY,
        refused=_alarm(Status.FILLED),
        never_had=_alarm(Status.FILLED),
        fill_some_left=_alarm(Status.FILLED),
        fill_none_left=_alarm(Status.FILLED),
        cancel_asked=Move(Status.FILLED, refused=True),
        closed_by_exchange=_STAY,
    ),
    **_row(
        Status.CANCELLED,
        accepted=_alarm(Status.CANCELLED),  # unless the same answer says that it is closed there: see `account.apply`
        refused=_STAY,
        never_had=_STAY,
        fill_some_left=_alarm(Status.CANCELLED),
        fill_none_left=_alarm(Status.CANCELLED),
        cancel_asked=_STAY,
        closed_by_exchange=_STAY,
    ),
    **_row(
        Status.FAILED,
        accepted=_alarm(Status.FAILED),
        refused=_STAY,
        never_had=_STAY,
        fill_some_left=_alarm(Status.FAILED),
        fill_none_left=_alarm(Status.FAILED),
        cancel_asked=Move(Status.FAILED, refused=True),
        closed_by_exchange=_alarm(Status.FAILED),
    ),
}
