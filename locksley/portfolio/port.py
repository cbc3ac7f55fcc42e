"""Where a person's fills and transfers are read from, and prices of the past. Only `order_db` writes fills and transfers."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from locksley.order_db.port import Fill


class Transfer(msgspec.Struct, frozen=True):
    """Cash that came or went, not by a trade. `amount_cents` is negative for what went."""

    transfer_id: int
    user_id: str
    amount_cents: int
    what: str
    at_ms: int


class ActivityPage(NamedTuple):
    """The newest `limit` fills and transfers with ids below these; None: from the newest on. With a `symbol`: its fills alone."""

    limit: int
    fills_before: int | None = None
    transfers_before: int | None = None
    symbol: str | None = None


class ActivityDb(Protocol):
    async def activity(self, user_id: str, page: ActivityPage) -> tuple[list[Fill], list[Transfer]]:
        """Up to `limit` of each, newest first, both as of one state of the database."""
        ...


class Traded(NamedTuple):
    """What a fill did. `shares` is negative for a sale, `cash_cents` for a purchase; `at_ms` is the market's time."""

    at_ms: int
    symbol: str
    shares: int
    cash_cents: int


class DayEnd(NamedTuple):
    """What a person had as a market day ended. `state` is a packed `Ledger`; so many fills and transfers are in it.

    `is_final`: no trade that comes late changes the prices of that moment any more."""

    day: int
    fills_count: int
    transfers_count: int
    equity_cents: int
    cash_cents: int
    is_final: bool
    state: bytes


class PortfolioDb(Protocol):
    async def trades_from(self, user_id: str, from_ms: int) -> list[Traded]:
        """By the market's time, those of one moment as they were booked."""
        ...

    async def fills_before(self, user_id: str, moments_ms: Sequence[int]) -> list[int]:
        """How many are from before each of these moments, by the market's time; they ascend. All as of one state of the database."""
        ...

    async def first_fill_booked_from(self, user_id: str, booked_from_ms: int) -> int | None:
        """The market's time of the earliest of those booked from a moment on."""
        ...

    async def transfers(self, user_id: str) -> list[Transfer]:
        """The oldest first."""
        ...

    async def day_ends(self, user_id: str, first: int, last: int) -> list[DayEnd]:
        """Of the days `first` to `last`, without their `state`."""
        ...

    async def day_end_before(self, user_id: str, day: int) -> DayEnd | None:
        """The last of those kept before a day, with its state."""
        ...

    async def keep_day_ends(self, user_id: str, day_ends: Sequence[DayEnd]) -> None: ...

    async def forget_day_ends(self, user_id: str) -> None: ...

    async def people_who_traded(self, from_ms: int, after_user_id: str, limit: int) -> list[str]:
        """Whose fills are of `from_ms` or later, by id."""
        ...


class PastPrices(Protocol):
    async def want(self, symbols: Sequence[str], moments_ms: Sequence[int]) -> None:
        """See to it that prices of symbols that trade are there for these moments, which ascend, as far as the exchange tells them, and as
        it takes no long time: the rest when somebody asks again."""
        ...

    async def prices_at(self, symbol: str, moments_ms: Sequence[int]) -> list[int | None]:
        """The price (e4) as of each moment; `moments_ms` ascend. None: there was none yet."""
        ...

    @property
    def now_ms(self) -> int:
        """The market's time."""
        ...

    @property
    def final_before_ms(self) -> int:
        """Prices of moments before this one stay as they are, whichever trades come late."""
        ...
