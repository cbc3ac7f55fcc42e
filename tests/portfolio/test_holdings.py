from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from locksley.clock import ManualClock
from locksley.domain.errors import NotFound
from locksley.domain.events import Execution, Filled
from locksley.domain.order import Order, OrderType, Side
from locksley.domain.price import Price
from locksley.order_db.port import OrderEvents, Source
from locksley.order_db.sqlite.activity import SqliteActivityDb
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.people.port import Person
from locksley.portfolio.activity import ActivityLog, Entry
from locksley.portfolio.holdings import Holdings
from locksley.portfolio.port import ActivityPage, Transfer
from locksley.price_cache.memory import MemoryPriceCache
from tests.people.database import open_database

SOURCE = Source("test")


class Desk:
    """Ada has 1,000 dollars; `buy` and `sell` fill at once."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(1_000)
        self.orders = SqliteOrderDb(database, self.clock, key_lifetime_ms=1, updates_kept=10)
        self.people = SqlitePeopleDb(database)
        self.prices = MemoryPriceCache()
        self.holdings = Holdings(self.orders, self.prices)
        self.activity = ActivityLog(SqliteActivityDb(database))
        self._trades = 0

    async def buy(self, symbol: str, num_shares: int, price_e4: int) -> None:
        await self._trade(Side.BUY, symbol, num_shares, price_e4)

    async def sell(self, symbol: str, num_shares: int, price_e4: int) -> None:
        await self._trade(Side.SELL, symbol, num_shares, price_e4)

    async def price(self, symbol: str, price_e4: int) -> None:
        self._trades += 1
        await self.prices.put_many(
            [Price(symbol, symbol, price_e4, price_e4, None, None, None, 0, 1, self._trades, self.clock.now_ms())]
        )

    async def _trade(self, side: Side, symbol: str, num_shares: int, price_e4: int) -> None:
        self._trades += 1
        self.clock.advance(1)
        order = Order(
            order_id=f"order-{self._trades}",
            user_id="ada",
            side=side,
            symbol=symbol,
            type=OrderType.LIMIT,
            num_shares=num_shares,
            price_cents=price_e4 // 100 + 1,
            worst_price_cents=price_e4 // 100 + 1,
            not_after_ms=0,
            created_at_ms=self.clock.now_ms(),
            updated_at_ms=self.clock.now_ms(),
        )
        await self.orders.place(order, None, SOURCE)
        execution = Execution(f"trade-{self._trades}", 1, self._trades, price_e4, num_shares, 0)
        filled = Filled(execution, f"external-{self._trades}")
        await self.orders.apply([OrderEvents(order.order_id, "ada", [filled])], SOURCE)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_database(tmp_path / "orders.sqlite") as database:
        desk = Desk(database)
        await desk.people.add(
            Person(user_id="ada", email="ada@example.org", password_hash="", created_at_ms=1_000), 100_000
        )
        yield desk


async def test_worth_is_cash_and_positions_at_live_prices(desk: Desk) -> None:
    await desk.buy("META", 3, 1_000_050)  # 300.015 dollars: 30,002 cents, half to even
    await desk.price("META", 1_200_000)
    worth = await desk.holdings.worth("ada")
    assert worth.account.cash_cents == 100_000 - 30_002
    assert worth.positions_value_cents == 36_000
    assert worth.equity_cents == 100_000 - 30_002 + 36_000
    [holding] = await desk.holdings.positions("ada")
    assert (holding.price_cents, holding.value_cents, holding.gain_cents) == (12_000, 36_000, 36_000 - 30_002)
    assert holding.average_cost_cents == 10_001


async def test_position_without_a_price_counts_as_what_it_cost(desk: Desk) -> None:
    await desk.buy("META", 2, 1_000_000)
    [holding] = await desk.holdings.positions("ada")
    assert (holding.price_cents, holding.value_cents, holding.gain_cents) == (None, None, None)
    worth = await desk.holdings.worth("ada")
    assert (worth.positions_value_cents, worth.equity_cents) == (20_000, 100_000)


async def test_positions_are_by_symbol_and_without_those_that_were_sold(desk: Desk) -> None:
    for symbol in ("META", "AAPL", "IBM"):
        await desk.buy(symbol, 1, 100_000)
    await desk.sell("IBM", 1, 110_000)
    assert [holding.position.symbol for holding in await desk.holdings.positions("ada")] == ["AAPL", "META"]


async def test_nobody_has_no_worth(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.holdings.worth("nobody")


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_activity_in_pages_misses_and_repeats_nothing(desk: Desk, limit: int) -> None:
    for number in range(1, 5):
        await desk.buy("META", number, 10_000)
    pages, page = [], ActivityPage(limit)
    while True:
        activity = await desk.activity.page("ada", page)
        pages.append([_told(entry) for entry in activity.entries])
        if activity.next is None:
            break
        page = activity.next
    assert [told for told_together in pages for told in told_together] == [-400, -300, -200, -100, 100_000]
    assert all(len(told_together) == limit for told_together in pages[:-1])


async def test_activity_of_another_is_not_told(desk: Desk) -> None:
    await desk.buy("META", 1, 10_000)
    assert (await desk.activity.page("grace", ActivityPage(10))).entries == []


def _told(entry: Entry) -> int:
    return entry.amount_cents if isinstance(entry, Transfer) else entry.cash_cents
