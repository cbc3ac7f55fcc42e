"""Trades that come after the end of their day was kept, and change what it closed at."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from locksley.domain.market_day import day_starts_ms, market_day
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.portfolio.day_ends import DayEnds
from locksley.portfolio.value_over_time import Value, ValueOverTime
from tests.portfolio.books import Fill, Paid, write
from tests.portfolio.office import NoPrices, Office, open_office
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

HOUR_MS = 3_600_000
KEPT_DAYS = 3
FRIDAY = market_day(FRIDAY_MS)
END_MS = day_starts_ms(FRIDAY + 1)
AS_KEPT, WITH_LATE = Value(END_MS, 999_000, 899_000), Value(END_MS, 989_000, 899_000)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Friday's end is kept."""
    async with open_office(tmp_path, seconds_kept_days=KEPT_DAYS) as office:
        await office.trade([trade(1, 1_000_000), trade(2, 1_000_000, at_ms=FRIDAY_MS + DAY_MS)])
        await write(
            office.database, "ada", [Paid(FRIDAY_MS - HOUR_MS, 1_000_000), Fill(FRIDAY_MS, "META", 10, 1_010_000)]
        )
        await DayEnds(SqlitePortfolioDb(office.database), office.values, every_ms=1).work()
        assert await _kept(office) == (999_000, False)
        yield office


async def _kept(office: Office) -> tuple[int, bool]:
    [end] = await SqlitePortfolioDb(office.database).day_ends("ada", FRIDAY, FRIDAY)
    return end.equity_cents, bool(end.is_final)


async def _late(office: Office) -> None:
    await office.trade([trade(3, 900_000, at_ms=FRIDAY_MS + HOUR_MS)])


async def _days_pass(office: Office) -> None:
    """Until the trades of Friday are not kept any more."""
    await office.trade([trade(4, 1_000_000, at_ms=FRIDAY_MS + (KEPT_DAYS + 2) * DAY_MS)])


async def test_late_trade_changes_the_day_that_was_kept(office: Office) -> None:
    assert await office.values.at("ada", [END_MS]) == [AS_KEPT]
    await _late(office)
    assert await office.values.at("ada", [END_MS]) == [WITH_LATE]
    assert await _kept(office) == (989_000, False)


async def test_late_trade_counts_though_nobody_asked_for_days(office: Office) -> None:
    await _late(office)
    await _days_pass(office)
    assert await office.values.at("ada", [END_MS]) == [WITH_LATE]
    assert await _kept(office) == (989_000, True)
    without = ValueOverTime(SqlitePortfolioDb(office.database), NoPrices(office.values.now_ms), office.cache)
    assert await without.at("ada", [END_MS]) == [WITH_LATE]


async def test_day_whose_prices_did_not_change_is_not_written_again(office: Office) -> None:
    before = await office.database.read(lambda connection: connection.pragma("data_version"))
    assert await office.values.at("ada", [END_MS]) == [AS_KEPT]
    assert await office.database.read(lambda connection: connection.pragma("data_version")) == before
    await _days_pass(office)
    assert await office.values.at("ada", [END_MS]) == [AS_KEPT]
    assert await office.database.read(lambda connection: connection.pragma("data_version")) != before


async def test_day_that_was_kept_stands_while_its_prices_are_lost(office: Office) -> None:
    lost = ValueOverTime(SqlitePortfolioDb(office.database), _Lost(office.values.now_ms), office.cache)
    assert await lost.at("ada", [END_MS]) == [AS_KEPT]
    assert await _kept(office) == (999_000, False)


class _Lost(NoPrices):
    async def prices_at(self, symbol: str, moments_ms: Sequence[int]) -> list[int | None]:
        return [None] * len(moments_ms)
