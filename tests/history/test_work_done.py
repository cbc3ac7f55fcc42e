"""How much a request reads, whatever the store holds: rows of one symbol and time, found by key."""

from functools import partial
from pathlib import Path

import apsw
import pytest

from bench.bar_market import NOW_MS, Sizes, symbol_name, write_store
from locksley.bar_store.sqlite import fresh, spans, store
from locksley.domain.intervals import INTERVALS, UNIT_MS
from locksley.order_db.sqlite import portfolio
from locksley.prices.history.price_history import Asked
from tests.history.desk import PastOfExchange, desk
from tests.people.database import open_database

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
    for query in (store._SPANS, fresh._ONE, spans._BACK_HISTORY):
        plan = _plan(connection, query)
        assert "USING PRIMARY KEY" in plan
        assert "TEMP B-TREE" not in plan
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
