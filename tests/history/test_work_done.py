"""How much a request reads, whatever the store holds: rows of one symbol and time, found by key."""

from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from bench.bar_market import NOW_MS, Sizes, symbol_name, write_store
from locksley.bar_store.sqlite import fresh, spans
from locksley.bar_store.sqlite.finding import HOURS_AHEAD_MAX
from locksley.domain.bar import Size
from locksley.domain.intervals import INTERVALS, UNIT_MS
from locksley.domain.market_day import HOUR_MS
from locksley.order_db.sqlite import portfolio
from locksley.prices.history.price_history import Asked
from tests.history.desk import Desk, PastOfExchange, desk
from tests.people.database import open_database
from tests.prices.trades import FRIDAY_MS, trade

SIZES = Sizes(symbols=8, minute_days=12, days=150)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "bars.sqlite"
    write_store(path, SIZES, made_up_in_full=1)
    return path


def _plan(connection: apsw.Connection, query: str) -> str:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {query}", (1,) * query.count("?"))
    return "; ".join(str(row[-1]) for row in rows)


def test_bars_are_found_by_key(path: Path) -> None:
    connection = apsw.Connection(str(path))
    for query in (spans._SPANS, spans._NEWEST, spans._BACK_HISTORY):
        plan = _plan(connection, query)
        assert "USING PRIMARY KEY" in plan
        assert "TEMP B-TREE" not in plan
    assert _plan(connection, fresh._ROWS) == "SCAN calls; SEARCH fresh USING INTEGER PRIMARY KEY (rowid=?)"
    assert "SEARCH fresh USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in _plan(connection, fresh._OVER)
    connection.close()


async def test_portfolio_is_found_by_key(tmp_path: Path) -> None:
    queries = (portfolio._TRADES, portfolio._FILLS_BETWEEN, portfolio._DAY_ENDS, portfolio._DAY_END_BEFORE)
    async with open_database(tmp_path / "orders.sqlite") as database:
        for query in queries:
            plan = await database.read(partial(_plan, query=query))
            assert "SEARCH" in plan
            assert "SCAN" not in plan


async def test_request_reads_no_more_than_its_bound(path: Path) -> None:
    """A page of 100 bars out of some 4,500 minutes; the newest first, and all of them in the end."""
    async with desk(path, PastOfExchange(), bars_per_answer_max=100, bars_read_per_answer_max=700) as at:
        at.clock.advance(NOW_MS - at.clock.now_ms())
        for interval in INTERVALS:
            shown = await at.history.show(Asked(symbol_name(7), "all", interval), True)
            assert len(shown.bars) <= 100
        minutes, whole = await at.history.bars(symbol_name(7), INTERVALS["1m"].size, 0, 2**40, 700)
        assert not whole
        assert 700 <= len(minutes) <= 700 + 2 * 360
        assert minutes[-1].at * UNIT_MS[INTERVALS["1m"].size] > NOW_MS - 86_400_000
        every = await at.show(symbol_name(7), "all", "5m")
        assert [timed.at_ms for timed in every] == sorted({timed.at_ms for timed in every})
        whole_day = await at.show(symbol_name(7), "all", "1m")
        assert sum(timed.bar.volume for timed in every) == sum(timed.bar.volume for timed in whole_day)


async def _settle_half_a_day(at: Desk) -> None:
    """Keeping began two days before; 25 trades, two of a second, the last in an hour that goes on."""
    hours = [-48, -48, *sorted([*range(11), *range(11)])]
    at.keeper.take([trade(number, at_ms=FRIDAY_MS + hour * HOUR_MS) for number, hour in enumerate(hours, start=1)])
    await at.reaches(24)
    await at.keeper.keep()
    at.keeper.take([trade(25, at_ms=FRIDAY_MS + 12 * HOUR_MS)])
    await at.reaches(25)
    await at.settled()
    await at.show("META", "all", "1m")


def _hours_read(at: Desk) -> list[int]:
    """Grows with each read of an hour's settled trades by themselves."""
    read: list[int] = []

    def note(_connection: object, statement: str, bindings: Any) -> bool:
        if statement == spans._ONE and bindings[1] == Size.SECOND:
            read.append(bindings[2])
        return True

    at.store._reader.exec_trace = note
    return read


async def test_settled_trades_are_read_for_late_ones_of_their_hour_alone(tmp_path: Path) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange()) as at:
        await _settle_half_a_day(at)
        read = _hours_read(at)
        for interval in ("1s", "1m", "5m", "1h", "1d"):
            await at.show("META", "all", interval)
        assert read == []
        at.keeper.take([trade(26, at_ms=FRIDAY_MS + 3 * HOUR_MS)])
        await at.reaches(26)
        late, newest = FRIDAY_MS // HOUR_MS + 3, FRIDAY_MS // HOUR_MS + 12
        await at.show("META", "all", "1m")
        assert read == [late, newest]
        await at.history.bars("META", Size.MINUTE, (late + 1) * 60, 2**40, 700)
        assert read == [late, newest]


@pytest.mark.parametrize("count", [HOURS_AHEAD_MAX, HOURS_AHEAD_MAX + 1])
async def test_late_trades_of_many_hours_are_put_beside_what_is_settled(tmp_path: Path, count: int) -> None:
    async with desk(tmp_path / "bars.sqlite", PastOfExchange(), bars_per_answer_max=8) as at:
        await _settle_half_a_day(at)
        read = _hours_read(at)
        at.keeper.take([trade(26 + ago, at_ms=FRIDAY_MS + (12 - ago) * HOUR_MS) for ago in range(count)])
        await at.reaches(25 + count)
        assert (await at.history.bars("META", Size.MINUTE, 0, 2**40, 700))[1]
        assert len(read) == (count if count <= HOURS_AHEAD_MAX else 0)
        for interval in ("1s", "1m", "1h"):
            assert sum(timed.bar.volume for timed in await at.show("META", "all", interval)) == (25 + count) * 100
