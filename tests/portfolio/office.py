"""Books, bars and prices of a market that a test deals out, and values over time worked out of them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from locksley.domain.price import Price, Trade
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.history.past_prices import BarPrices
from tests.history.desk import Desk, PastOfExchange, desk
from tests.people.database import open_database

DAYS = 20


class Office(NamedTuple):
    database: Database
    desk: Desk
    cache: MemoryPriceCache
    values: ValueOverTime

    async def trade(self, trades: Sequence[Trade]) -> None:
        self.desk.keeper.take(trades)
        await self.desk.reaches(trades[-1].sequence)

    async def price(self, price_e4: int, symbol: str = "META") -> None:
        """What is shown live; prices of the past are asked from the exchange for symbols that have one."""
        await self.cache.put_many([Price(symbol, symbol, price_e4, 1, None, None, None, 0, 1, 99, self.values.now_ms)])


@asynccontextmanager
async def open_office(tmp_path: Path, *, seconds_kept_days: int = DAYS + 1) -> AsyncIterator[Office]:
    async with (
        open_database(tmp_path / "orders.sqlite") as database,
        desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_seconds_kept_days=seconds_kept_days) as at,
    ):
        cache = MemoryPriceCache()
        yield Office(database, at, cache, ValueOverTime(SqlitePortfolioDb(database), BarPrices(at.history), cache))


class NoPrices:
    """Nobody should ask."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = self.final_before_ms = now_ms

    async def want(self, symbols: Sequence[str], moments_ms: Sequence[int]) -> None:
        raise AssertionError(symbols)

    async def prices_at(self, symbol: str, moments_ms: Sequence[int]) -> list[int | None]:
        raise AssertionError(symbol)
