"""Fills that are booked after the end of their day was kept: found by the daily reconciliation, or after a broker was down."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw

from locksley.domain.market_day import day_starts_ms, market_day
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.order_db.sqlite.schema import migrate, migrations
from locksley.portfolio.day_ends import DayEnds
from locksley.portfolio.returns import returns
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.history.past_prices import BarPrices
from tests.portfolio.books import Fill, Paid, write
from tests.portfolio.office import Office
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

PAID_MS = FRIDAY_MS - 3_600_000
FRIDAY = market_day(FRIDAY_MS)
PAID = Paid(PAID_MS, 1_000_000)
IN_TIME = Fill(FRIDAY_MS, "META", 10, 1_000_000)
LATE = Fill(FRIDAY_MS + 1_000, "META", 20, 1_000_000)


def _ends_ms(days: int) -> list[int]:
    """Friday's end and those of the days that follow."""
    return [day_starts_ms(FRIDAY + day) for day in range(1, days + 1)]


async def _days(office: Office, first: int, last: int) -> None:
    await office.trade([trade(day + 1, 1_000_000, at_ms=FRIDAY_MS + day * DAY_MS) for day in range(first, last + 1)])


async def _cash_cents(values: ValueOverTime, days: int) -> list[int]:
    return [value.cash_cents for value in await values.at("ada", _ends_ms(days))]


async def test_late_fill_counts_while_no_later_day_is_over(office: Office) -> None:
    await write(office.database, "ada", [PAID, IN_TIME])
    await _days(office, 0, 1)
    kept = SqlitePortfolioDb(office.database)
    await DayEnds(kept, office.values, every_ms=1).work()
    await _days(office, 2, 3)
    await write(office.database, "ada", [LATE])
    assert (await office.values.now("ada")).cash_cents == 700_000
    assert await kept.day_ends("ada", FRIDAY, FRIDAY) == []
    assert (await office.values.ledger_now("ada")).positions["META"].shares == 30
    assert (await returns(office.values, "ada", PAID_MS)).end.cash_cents == 700_000


async def test_late_fill_counts_once_later_days_are_over(office: Office) -> None:
    """Nobody asked in between."""
    await write(office.database, "ada", [PAID, IN_TIME])
    await _days(office, 0, 1)
    day_ends = DayEnds(SqlitePortfolioDb(office.database), office.values, every_ms=1)
    await day_ends.work()
    await _days(office, 2, 3)
    await write(office.database, "ada", [LATE, Fill(FRIDAY_MS + 3 * DAY_MS, "META", 1, 1_000_000)])
    await _days(office, 4, 4)
    await day_ends.work()
    assert (await office.values.now("ada")).cash_cents == 690_000
    assert await _cash_cents(office.values, 4) == [700_000, 700_000, 700_000, 690_000]


async def _while_prices_are_asked(office: Office, work: Callable[[], Awaitable[None]]) -> None:
    """What is worked out next asks the exchange for prices, and `work` is done before it answers."""

    async def once() -> None:
        office.desk.past.before_bars = None
        await work()

    office.desk.past.before_bars = once
    await office.price(1_000_000)


async def test_fill_that_is_booked_while_a_day_is_worked_out(office: Office) -> None:
    await write(office.database, "ada", [PAID, IN_TIME])
    await _days(office, 0, 3)
    assert await _cash_cents(office.values, 1) == [900_000]
    await _while_prices_are_asked(office, lambda: write(office.database, "ada", [LATE]))
    without = await office.values.at("ada", _ends_ms(3)[1:])
    afterwards = await office.values.at("ada", _ends_ms(3)[1:])
    assert [value.cash_cents for value in without] == [900_000] * 2
    assert [value.cash_cents for value in afterwards] == [700_000] * 2


async def test_day_that_is_kept_late_among_days_that_have_the_fill(office: Office) -> None:
    await write(office.database, "ada", [PAID, IN_TIME])
    await _days(office, 0, 3)
    kept = SqlitePortfolioDb(office.database)
    other = ValueOverTime(kept, BarPrices(office.desk.history), MemoryPriceCache())

    async def booked_and_asked_for() -> None:
        await write(office.database, "ada", [LATE])
        assert await _cash_cents(other, 3) == [700_000] * 3

    await _while_prices_are_asked(office, booked_and_asked_for)
    [value] = await office.values.at("ada", _ends_ms(1))
    assert value.cash_cents == 900_000
    assert [end.cash_cents for end in await kept.day_ends("ada", FRIDAY, FRIDAY + 2)] == [900_000, 700_000, 700_000]
    assert await _cash_cents(office.values, 3) == [700_000] * 3


def test_days_that_an_earlier_version_kept_are_worked_out_again(tmp_path: Path) -> None:
    """They may count a fill that they lack."""
    connection = apsw.Connection(str(tmp_path / "orders.sqlite"))
    for number, sql in migrations():
        if number <= 6:
            connection.execute(sql)
            connection.pragma("user_version", number)
    connection.execute("INSERT INTO portfolio_days VALUES ('ada', 1, 2, 1, 900000, 900000, x'00')")
    migrate(connection)
    assert connection.execute("SELECT count(*) FROM portfolio_days").get == 0
