"""What a person has now: cash, what is held, and positions at live prices.

Reads from: the order database, the price cache. Writes nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

from locksley.domain.account import Account, Position
from locksley.domain.errors import NotFound
from locksley.domain.money import divide_half_even
from locksley.order_db.port import OrderDb
from locksley.price_cache.port import PriceCache


class Holding(NamedTuple):
    """A position and its symbol's price; None: no price is known, and then no value and no gain either."""

    position: Position
    price_cents: int | None

    @property
    def average_cost_cents(self) -> int:
        shares = self.position.shares
        return divide_half_even(self.position.cost_cents, shares) if shares > 0 else 0

    @property
    def value_cents(self) -> int | None:
        return None if self.price_cents is None else self.price_cents * self.position.shares

    @property
    def gain_cents(self) -> int | None:
        value_cents = self.value_cents
        return None if value_cents is None else value_cents - self.position.cost_cents


class Worth(NamedTuple):
    """`positions_value_cents` counts a position without a price at what it cost."""

    account: Account
    positions_value_cents: int

    @property
    def equity_cents(self) -> int:
        return self.account.cash_cents + self.positions_value_cents


class Holdings:
    def __init__(self, orders: OrderDb, prices: PriceCache) -> None:
        self._orders = orders
        self._prices = prices

    async def positions(self, user_id: str) -> list[Holding]:
        """Those with shares, by symbol."""
        positions = [position for position in await self._orders.positions(user_id) if position.shares != 0]
        positions.sort(key=lambda position: position.symbol)
        return await self._priced(positions)

    async def worth(self, user_id: str) -> Worth:
        """Raises `NotFound`."""
        account = await self._orders.account(user_id)
        if account is None:
            raise NotFound("There is no account for this person.")
        return Worth(account, sum(_known_value_cents(holding) for holding in await self.positions(user_id)))

    async def _priced(self, positions: Sequence[Position]) -> list[Holding]:
        prices = await self._prices.get_many([position.symbol for position in positions])
        return [
            Holding(position, price.price_cents if price else None)
            for position, price in zip(positions, prices, strict=True)
        ]


def _known_value_cents(holding: Holding) -> int:
    value_cents = holding.value_cents
    return holding.position.cost_cents if value_cents is None else value_cents
