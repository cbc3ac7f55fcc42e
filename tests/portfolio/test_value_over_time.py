import asyncio
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from locksley.domain.bar import Bar, Size
from locksley.domain.market_day import day_starts_ms, market_day
from locksley.domain.price import Trade
from locksley.exchange.port import ExchangeError
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.portfolio.day_ends import DayEnds
from locksley.portfolio.returns import returns
from locksley.portfolio.value_over_time import Value, ValueOverTime
from tests.portfolio.books import Fill, Paid, write
from tests.portfolio.office import DAYS, NoPrices, Office, open_office
from tests.prices.trades import DAY_MS, FRIDAY_MS, trade

TRADES_PER_DAY = 150
SYMBOLS = ("META", "AAPL", "IBM")
HOUR_MS = 3_600_000


def _market(random: Random) -> list[Trade]:
    trades: list[Trade] = []
    prices_e4 = dict.fromkeys(SYMBOLS, 1_000_000)
    for day in range(DAYS):
        opens_ms = FRIDAY_MS + day * DAY_MS
        for at_ms in sorted(opens_ms + random.randrange(6 * HOUR_MS) for _ in range(TRADES_PER_DAY)):
            symbol = random.choice(SYMBOLS)
            prices_e4[symbol] += random.randint(-20_000, 20_500)
            trades.append(trade(len(trades) + 1, prices_e4[symbol], symbol=symbol, at_ms=at_ms))
    return trades


def _books(trades: Sequence[Trade], random: Random) -> list[Fill | Paid]:
    """One in ten trades is the person's; now and then money comes or goes."""
    books: list[Fill | Paid] = [Paid(FRIDAY_MS - HOUR_MS, 50_000_000)]
    shares = dict.fromkeys(SYMBOLS, 0)
    for one in trades:
        if random.random() < 0.01:
            books.append(Paid(one.timestamp_ms, random.choice((-100_000, 1_234_567))))
        if random.random() < 0.1:
            count = random.randint(1, 90) if not shares[one.symbol] or random.random() < 0.6 else -shares[one.symbol]
            shares[one.symbol] += count
            books.append(Fill(one.timestamp_ms, one.symbol, count, one.price_e4))
    return books


def _recomputed(books: Sequence[Fill | Paid], trades: Sequence[Trade], at_ms: int) -> tuple[int, int]:
    """(equity, cash) in cents, from nothing but fills, transfers and the tape, before a moment."""
    cash_cents, shares = 0, dict.fromkeys(SYMBOLS, 0)
    for entry in books:
        if entry.at_ms < at_ms:
            cash_cents += entry.amount_cents if isinstance(entry, Paid) else entry.cash_cents
            if isinstance(entry, Fill):
                shares[entry.symbol] += entry.shares
    worth_cents = 0
    for symbol in SYMBOLS:
        before = (one.price_e4 for one in reversed(trades) if one.timestamp_ms < at_ms and one.symbol == symbol)
        worth_cents += shares[symbol] * round(Fraction(next(before), 100)) if shares[symbol] else 0
    return cash_cents + worth_cents, cash_cents


async def test_value_at_any_moment_is_that_recomputed_from_fills(office: Office) -> None:
    random = Random(5)
    trades = _market(random)
    books = _books(trades, random)
    await write(office.database, "ada", books)
    for place in range(0, len(trades), 250):
        await office.trade(trades[place : place + 250])
        await office.desk.settled()
    first_ms, last_ms = FRIDAY_MS - HOUR_MS, trades[-1].timestamp_ms
    moments_ms = sorted({random.randrange(first_ms, last_ms) // 1_000 * 1_000 + 1_000 for _ in range(1_000)})
    shown = await office.values.at("ada", moments_ms)
    for value in shown:
        assert (value.equity_cents, value.cash_cents) == _recomputed(books, trades, value.at_ms), value
    assert len(shown) > 990


def _midnights() -> list[int]:
    today = market_day(FRIDAY_MS)
    return [day_starts_ms(day) for day in range(today, today + DAYS - 1)]


async def test_days_ends_are_kept_and_not_worked_out_again(tmp_path: Path) -> None:
    random = Random(6)
    trades = _market(random)
    books = _books(trades, random)
    async with open_office(tmp_path, seconds_kept_days=1) as office:
        await write(office.database, "ada", books)
        await office.trade(trades)
        first = await office.values.at("ada", _midnights())
        assert [(value.equity_cents, value.cash_cents) for value in first[1:]] == [
            _recomputed(books, trades, at_ms) for at_ms in _midnights()[1:]
        ]
        kept = SqlitePortfolioDb(office.database)
        again = ValueOverTime(kept, NoPrices(office.values.now_ms), office.cache)
        assert await again.at("ada", _midnights()) == first


async def test_fill_that_is_booked_late_changes_the_days_that_were_kept(office: Office) -> None:
    await office.trade([trade(day + 1, 1_000_000, at_ms=FRIDAY_MS + day * DAY_MS) for day in range(DAYS)])
    await write(office.database, "ada", [Paid(FRIDAY_MS - 1, 1_000_000)])
    before = await office.values.at("ada", _midnights()[1:])
    assert {value.cash_cents for value in before} == {1_000_000}
    await write(office.database, "ada", [Fill(FRIDAY_MS + 2 * DAY_MS, "META", 10, 990_000)])
    after = await office.values.at("ada", _midnights()[1:])
    assert [value.equity_cents for value in after] == [1_000_000] * 2 + [1_001_000] * (DAYS - 4)


async def test_day_that_is_over_is_worked_out_before_anybody_asks(office: Office) -> None:
    await office.trade([trade(1, 1_000_000), trade(2, 1_100_000, at_ms=FRIDAY_MS + DAY_MS)])
    await write(office.database, "ada", [Paid(FRIDAY_MS - 1, 1_000_000), Fill(FRIDAY_MS, "META", 5, 1_000_000)])
    kept = SqlitePortfolioDb(office.database)
    await DayEnds(kept, office.values, every_ms=1).work()
    today = market_day(FRIDAY_MS)
    [day_end] = await kept.day_ends("ada", 0, today + 1)
    assert (day_end.day, day_end.equity_cents, day_end.cash_cents) == (today, 1_000_000, 950_000)


async def test_symbol_without_a_price_counts_as_what_it_cost(office: Office) -> None:
    await office.trade([trade(1)])
    await write(office.database, "ada", [Paid(FRIDAY_MS - 9_000, 100_000), Fill(FRIDAY_MS - 8_000, "X", 2, 1_000_000)])
    [value] = await office.values.at("ada", [FRIDAY_MS])
    assert value == Value(FRIDAY_MS, 100_000, 80_000)


async def test_day_without_a_price_is_worked_out_again(office: Office) -> None:
    """As after the loss of the bars, until the exchange or a file brings them back."""
    day = market_day(FRIDAY_MS)
    await write(
        office.database, "R", [Paid(FRIDAY_MS - 2 * DAY_MS, 100_000), Fill(FRIDAY_MS - 2 * DAY_MS, "IBM", 3, 100_000)]
    )
    await office.trade([trade(1, 200_000, symbol="META")])
    [value] = await office.values.at("R", [day_starts_ms(day)])
    assert value.equity_cents == 100_000
    await office.desk.store.put("IBM", Size.DAY, [Bar(day - 1, 120_000, 120_000, 120_000, 120_000, 1)])
    [value] = await office.values.at("R", [day_starts_ms(day)])
    assert value.equity_cents == 100_000 + 3 * 200


def _bar(at: int, price_e4: int) -> Bar:
    return Bar(at, price_e4, price_e4, price_e4, price_e4, 1)


@pytest.mark.parametrize("step_ms", [60_000, HOUR_MS, DAY_MS])
async def test_prices_that_were_lost_are_asked_from_the_exchange(office: Office, step_ms: int) -> None:
    """The file of bars was lost an hour ago; a symbol that trades no more is not asked for."""
    bought_ms = day_starts_ms(market_day(FRIDAY_MS)) - 2 * DAY_MS
    fills = [Fill(bought_ms, "META", 3, 1_000_000), Fill(bought_ms, "GONE", 1, 100_000)]
    await write(office.database, "ada", [Paid(bought_ms, 100_000), *fills])
    office.desk.past.bars_known = {
        Size.DAY: [_bar(market_day(bought_ms), 1_100_000), _bar(market_day(bought_ms) + 1, 1_200_000)],
        Size.MINUTE: [_bar(at_ms // 60_000, 1_300_000) for at_ms in (bought_ms, bought_ms + 30 * HOUR_MS)],
    }
    await office.trade([trade(1, 2_000_000, symbol="META")])
    await office.price(2_000_000)
    moments_ms = [bought_ms + step_ms * count for count in (1, 2)]
    shown = [value.positions_value_cents for value in await office.values.at("ada", moments_ms)]
    prices = {60_000: (130, 130), HOUR_MS: (130, 130), DAY_MS: (110, 120)}[step_ms]
    assert shown == [1_000 + 3 * 100 * price for price in prices]
    asked = list(office.desk.past.bars_asked)
    assert (set(asked), asked.count(Size.DAY)) == ({Size.DAY, Size.MINUTE}, 1)
    await office.values.at("ada", moments_ms)
    assert office.desk.past.bars_asked == asked


async def test_values_do_not_wait_long_for_an_exchange_that_does_not_answer(office: Office) -> None:
    past = office.desk.past

    async def fail() -> None:
        if len(past.bars_asked) == 1:
            await asyncio.Event().wait()
        raise ExchangeError("it is down")

    past.before_bars = fail
    fills = [Fill(FRIDAY_MS - HOUR_MS, symbol, 1, 100_000) for symbol in ("META", "IBM")]
    await write(office.database, "ada", [Paid(FRIDAY_MS - DAY_MS, 100_000), *fills])
    await office.trade([trade(1, symbol="X")])
    for symbol in ("META", "IBM"):
        await office.price(2_000_000, symbol)
    async with asyncio.timeout(20):
        for _ in range(2):
            [value] = await office.values.at("ada", [FRIDAY_MS])
            assert value == Value(FRIDAY_MS, 100_000, 98_000)
    assert len(past.bars_asked) == 2


async def test_returns_are_right_across_a_deposit(office: Office) -> None:
    """The price doubles, then as much again is paid in, then it halves: nobody gained, who was there all the time."""
    hours = [FRIDAY_MS + hour * HOUR_MS for hour in range(4)]
    prices_e4 = (1_000_000, 2_000_000, 2_000_000, 1_000_000)
    await office.trade(
        [trade(place, price, at_ms=at) for place, (at, price) in enumerate(zip(hours, prices_e4, strict=True), start=1)]
    )
    await write(
        office.database,
        "ada",
        [
            Paid(FRIDAY_MS - 1_000, 100_000),
            Fill(hours[0], "META", 10, 1_000_000),
            Paid(hours[1] + 60_000, 200_000),
            Fill(hours[2], "META", 10, 2_000_000),
        ],
    )
    await office.price(1_000_000)
    found = await returns(office.values, "ada", FRIDAY_MS - 1_000)
    assert (found.start.equity_cents, found.end.equity_cents, found.transferred_cents) == (0, 200_000, 300_000)
    assert found.gain_cents == -100_000
    assert (found.plain_bp, found.time_weighted_bp) == (-3_333, 0)


async def test_gains_are_by_average_cost(office: Office) -> None:
    await office.trade([trade(1)])
    fills = [
        Fill(FRIDAY_MS - 3, "META", 10, 1_000_000),
        Fill(FRIDAY_MS - 2, "META", 20, 1_300_000),
        Fill(FRIDAY_MS - 1, "META", -15, 1_500_000),
    ]
    await write(office.database, "ada", [Paid(FRIDAY_MS - 9, 1_000_000), *fills])
    ledger = await office.values.ledger_now("ada")
    assert ledger.realised_cents == {"META": 15 * (15_000 - 12_000)}
    assert (ledger.positions["META"].shares, ledger.positions["META"].cost_cents) == (15, 15 * 12_000)


async def test_replay_of_an_old_tape_has_its_money_before_its_first_fill(office: Office) -> None:
    """The market's time is years behind ours, at which people are paid."""
    await office.trade([trade(1, 1_000_000), trade(2, 1_100_000, at_ms=FRIDAY_MS + HOUR_MS)])
    years_ms = 5_000 * DAY_MS
    await write(office.database, "ada", [Paid(FRIDAY_MS + years_ms, 100_000)])
    await write(office.database, "ada", [Fill(FRIDAY_MS, "META", 1, 1_000_000)])
    await office.database.write(lambda c: c.execute("UPDATE fills SET booked_at_ms = ?", (FRIDAY_MS + years_ms + 5,)))
    assert await office.values.first_ms("ada") == FRIDAY_MS
    [value] = await office.values.at("ada", [FRIDAY_MS + HOUR_MS + 1_000])
    assert (value.equity_cents, value.cash_cents) == (101_000, 90_000)
