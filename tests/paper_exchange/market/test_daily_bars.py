"""Daily bars become days of trades that add up to them exactly."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_exchange.market.port import Bar, DayStart, Hours, Print, Quote
from paper_exchange.market.price_path import PricePath
from paper_exchange.market.seeded import seeded
from tests.paper_exchange.market.shown import END_NS, all_of, market_of, prints
from tests.tapes import write_daily_bars

REAL = Path(__file__).parents[4] / "shared" / "data" / "daily_2000-2013.csv.gz"
NEW_YORK = ZoneInfo("America/New_York")
NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * NS_PER_S
CHECKED_ROWS = 120


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_daily_bars(tmp_path / "daily.csv.gz", seed=1, days=4)


def local(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // NS_PER_S, NEW_YORK)


def earliest(path: Path) -> list[dict[str, str]]:
    """The rows of the first days of a file, whole days only."""
    with gzip.open(path, "rt", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["date"])
    dates = sorted({row["date"] for row in islice(rows, CHECKED_ROWS)})[:-1]
    return [row for row in rows if row["date"] in dates]


def e4(dollars: str) -> int:
    return int(Decimal(dollars) * 10_000)


@pytest.mark.parametrize("source", ["real", "generated"])
def test_a_day_of_trades_adds_up_to_its_bar(source: str, tmp_path: Path) -> None:
    if source == "real" and not REAL.exists():
        pytest.skip(f"{REAL} is not there: only generated daily bars are checked, by this test's other case")
    path = REAL if source == "real" else write_daily_bars(tmp_path / "daily.csv.gz", seed=3, days=41)
    rows = earliest(path)
    market = market_of(bars=path)
    end = date.fromisoformat(rows[-1]["date"])
    end_ns = int(datetime(end.year, end.month, end.day, 20, tzinfo=NEW_YORK).timestamp()) * NS_PER_S
    by_day: dict[tuple[str, str], list[Print]] = defaultdict(list)
    last_ns = 0
    while events := market.advance(end_ns, 50_000):
        for trade in prints(events):
            assert trade.at_ns >= last_ns
            last_ns = trade.at_ns
            by_day[str(local(trade.at_ns).date()), trade.symbol].append(trade)
    assert len(by_day) == len(rows) > 100
    for row in rows:
        trades = by_day[row["date"], row["symbol"]]
        prices = [trade.price_e4 for trade in trades]
        assert len(trades) >= 1_000
        assert prices[0] == e4(row["open"])
        assert max(prices) == e4(row["high"])
        assert min(prices) == e4(row["low"])
        assert prices[-1] == e4(row["close"])
        assert sum(trade.num_shares for trade in trades) == int(row["volume"])
        assert min(trade.num_shares for trade in trades) >= 1
        assert (local(trades[0].at_ns).hour, local(trades[0].at_ns).minute) >= (9, 30)
        assert (local(trades[-1].at_ns).hour, local(trades[-1].at_ns).minute) <= (16, 0)


@given(
    bar=st.builds(
        lambda low, spans, volume: Bar(
            0, low + min(spans[0], spans[2]), low + spans[2], low, low + min(spans[1], spans[2]), volume
        ),
        low=st.integers(1, 10_000_000),
        spans=st.tuples(*[st.integers(0, 500_000)] * 3),
        volume=st.integers(0, 3_000),
    ),
    seed=st.integers(),
)
def test_any_bar_is_met_exactly(bar: Bar, seed: int) -> None:
    events = list(PricePath("A", bar, 0, 3_600 * NS_PER_S, seeded(seed)).events())
    trades = prints(events)
    prices = [trade.price_e4 for trade in trades]
    assert sum(trade.num_shares for trade in trades) == bar.volume
    assert len(trades) >= min(bar.volume, 1_000)
    assert all(bar.low_e4 <= price <= bar.high_e4 for price in prices)
    if bar.volume >= 4:
        assert (prices[0], max(prices), min(prices), prices[-1]) == (bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4)
    quote: Quote | None = None
    for event in events:
        if isinstance(event, Quote):
            quote = event
        elif isinstance(event, Print):
            assert quote is not None
            assert event.price_e4 in (quote.bid_e4, quote.ask_e4)
            assert quote.bid_e4 < quote.ask_e4


def test_symbols_trade_side_by_side(small: Path) -> None:
    trades = prints(market_of(bars=small).advance(END_NS, 2_000))
    changes = sum(a.symbol != b.symbol for a, b in pairwise(trades))
    assert {trade.symbol for trade in trades} == {"AAPL", "IBM", "MSFT"}
    assert changes > len(trades) // 3


def test_few_shares_and_none(small: Path) -> None:
    trades = prints(all_of(market_of(bars=small, once=True)))
    last = {symbol: [t for t in trades if t.symbol == symbol and local(t.at_ns).day == 6] for symbol in ("IBM", "MSFT")}
    assert [trade.num_shares for trade in last["IBM"]] == [1] * 500
    assert last["MSFT"] == []


def test_days_follow_the_dates_of_the_file(small: Path) -> None:
    market = market_of(bars=small, once=True)
    starts = [local(event.at_ns) for event in all_of(market) if isinstance(event, DayStart)]
    assert [(start.month, start.day, start.hour) for start in starts] == [(3, 1, 9), (3, 2, 0), (3, 3, 0), (3, 6, 0)]
    assert market.next_at_ns is None
    opens_ns = market.starts_at_ns
    assert market.hours(opens_ns) == Hours(True, opens_ns, opens_ns + 6 * 3_600 * NS_PER_S + 1_800 * NS_PER_S)
    assert local(opens_ns).strftime("%H:%M") == "09:30"


def test_loop_begins_with_a_day(small: Path) -> None:
    size = len(all_of(market_of(bars=small, once=True)))
    events = market_of(bars=small).advance(END_NS, size + 2)
    assert local(events[size].at_ns) == datetime(2000, 3, 7, tzinfo=NEW_YORK)
    assert isinstance(events[size], DayStart)
    assert local(events[size + 1].at_ns).strftime("%d %H:%M") == "07 09:30"


def test_one_seed_gives_one_path(small: Path) -> None:
    events = market_of(bars=small, seed=4).advance(END_NS, 500)
    assert events == market_of(bars=small, seed=4).advance(END_NS, 500)
    assert events != market_of(bars=small, seed=5).advance(END_NS, 500)


def test_earlier_days_are_known_and_later_ones_not(small: Path) -> None:
    market = market_of(bars=small, once=True)
    assert list(market.bars("AAPL", 0, END_NS, DAY_NS)) == []
    market.resume({}, market.starts_at_ns + 2 * DAY_NS)
    known = market.bars("AAPL", 0, END_NS, DAY_NS)
    assert [datetime.fromtimestamp(bar.at_ns // NS_PER_S, ZoneInfo("UTC")).strftime("%m-%d %H") for bar in known] == [
        "03-01 00",
        "03-02 00",
    ]
    assert list(market.bars("AAPL", 0, END_NS, 60 * NS_PER_S)) == []
    assert list(market.bars("NOSUCH", 0, END_NS, DAY_NS)) == []


def test_resume_goes_on_with_the_same_paths(small: Path) -> None:
    whole = all_of(market_of(bars=small, once=True))
    reached_ns = whole[len(whole) // 2].at_ns
    market = market_of(bars=small, once=True)
    market.resume({}, reached_ns)
    again = market.advance(reached_ns, 100)
    assert [type(event) for event in again] == [Quote] * 3
    assert all_of(market) == [event for event in whole if event.at_ns > reached_ns]


def test_plain_csv_will_do(small: Path, tmp_path: Path) -> None:
    plain = tmp_path / "daily.csv"
    plain.write_bytes(gzip.decompress(small.read_bytes()))
    assert market_of(bars=plain).advance(END_NS, 100) == market_of(bars=small).advance(END_NS, 100)
