"""Recorded tapes pass through whole, in order, with everything that is odd about them."""

import csv
import gzip
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from paper_exchange.market.port import DayStart, Event, Hours, Print, Quote
from tests.paper_exchange.market.shown import END_NS, all_of, market_of, prints
from tests.tapes import DAYS, QUOTES_HEADER, TRADES_HEADER, TapeFiles, moment_ns, write_gzip, write_quirky_tape

DAY_NS = 86_400_000_000_000
FOUR_DAYS_NS = 4 * DAY_NS
T = 1_351_863_000_000_000_000  # Friday 2 November 2012, 09:30 New York


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> TapeFiles:
    return write_quirky_tape(tmp_path_factory.mktemp("tape"), seed=1)


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def as_written(trade: Print) -> tuple[str, str, Decimal, str]:
    return str(trade.at_ns), trade.symbol, Decimal(trade.price_e4) / 10_000, str(trade.num_shares)


def small_tape(folder: Path, trades: list[str], quotes: list[str] | None = None) -> list[Event]:
    write_gzip(folder / "t.csv.gz", TRADES_HEADER, trades)
    if quotes is None:
        return all_of(market_of(replay=[folder / "t.csv.gz"], once=True))
    write_gzip(folder / "q.csv.gz", QUOTES_HEADER, quotes)
    return all_of(market_of(replay=[folder / "t.csv.gz"], quotes=[folder / "q.csv.gz"], once=True))


def test_every_trade_in_the_order_of_the_file(tape: TapeFiles) -> None:
    written = [(row["ts_ns"], row["symbol"], Decimal(row["price"]), row["size"]) for row in rows(tape.trades)]
    with_quotes = all_of(market_of(replay=[tape.trades], quotes=[tape.quotes], once=True))
    without = all_of(market_of(replay=[tape.trades], once=True))
    assert [as_written(trade) for trade in prints(with_quotes)] == written
    assert [as_written(trade) for trade in prints(without)] == written
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(with_quotes))


def test_without_quotes_last_high_low_and_volume_are_the_files(tape: TapeFiles) -> None:
    shown = [trade for trade in prints(all_of(market_of(replay=[tape.trades], once=True))) if not trade.off_market]
    for symbol in {row["symbol"] for row in rows(tape.trades)}:
        in_file = [
            (Decimal(row["price"]) * 10_000, int(row["size"])) for row in rows(tape.trades) if row["symbol"] == symbol
        ]
        here = [(Decimal(trade.price_e4), trade.num_shares) for trade in shown if trade.symbol == symbol]
        assert here[-1] == in_file[-1]
        assert max(here)[0] == max(in_file)[0]
        assert min(here)[0] == min(in_file)[0]
        assert sum(size for _, size in here) == sum(size for _, size in in_file)


def test_every_quote_passes_and_none_is_crossed(tape: TapeFiles) -> None:
    events = all_of(market_of(replay=[tape.trades], quotes=[tape.quotes], once=True))
    quotes = [event for event in events if isinstance(event, Quote)]
    written = rows(tape.quotes)
    crossed = [row for row in written if Decimal(row["bid"]) > Decimal(row["ask"]) > 0]
    assert len(crossed) > 100
    assert [(str(quote.at_ns), quote.symbol, Decimal(quote.bid_e4) / 10_000) for quote in quotes] == [
        (row["ts_ns"], row["symbol"], Decimal(row["bid"])) for row in written
    ]
    assert all(quote.bid_e4 <= quote.ask_e4 for quote in quotes if quote.bid_size and quote.ask_size)
    assert any(quote.bid_e4 == quote.ask_e4 for quote in quotes)


def test_quotes_come_before_trades_of_their_instant(tmp_path: Path) -> None:
    quotes = [f"{T},A,10,100,10.01,100", f"{T},A,10,200,10.01,100"]
    events = small_tape(tmp_path, [f"{T},A,10,100", f"{T},A,10.01,100"], quotes)
    assert [type(event) for event in events] == [DayStart, Quote, Quote, Print, Print]


def test_files_merge_without_changing_an_instant(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv.gz", tmp_path / "other.csv.gz"
    write_gzip(one, TRADES_HEADER, [f"{T},A,1,1", f"{T},A,1,2", f"{T + 9},A,1,5"])
    write_gzip(other, TRADES_HEADER, [f"{T},B,1,3", f"{T + 5},A,1,4"])
    assert [trade.num_shares for trade in prints(all_of(market_of(replay=[one, other], once=True)))] == [1, 2, 3, 4, 5]


def test_crossed_quote_loses_the_side_that_moved(tmp_path: Path) -> None:
    quotes = [f"{T},A,10,1,10.01,2", f"{T + 1},A,10.02,3,10.01,2", f"{T + 2},A,10,1,10.01,2", f"{T + 3},A,10,1,9.99,4"]
    events = small_tape(tmp_path, [f"{T + 9},A,10,100"], quotes)
    shown = [(quote.bid_size, quote.ask_size) for quote in events if isinstance(quote, Quote)]
    assert shown == [(1, 2), (0, 2), (1, 2), (1, 0)]


def test_trade_far_from_the_quote_is_off_market(tmp_path: Path) -> None:
    quotes = [f"{T},SPY,165.94,100,165.95,100"]
    trades = [
        f"{T + 1},SPY,{price},100" for price in ("167.51", "165.95", "166.77", "166.78", "165.12", "165.11", "0.01")
    ]
    events = small_tape(tmp_path, [f"{T - 1},SPY,0.01,100", *trades], quotes)
    assert [trade.off_market for trade in prints(events)] == [False, True, False, False, True, False, True, True]


def test_block_and_bad_print_of_a_real_tape_are_off_market(tape: TapeFiles) -> None:
    events = all_of(market_of(replay=[tape.trades], quotes=[tape.quotes], once=True))
    off_market = [trade for trade in prints(events) if trade.off_market]
    assert [trade.num_shares for trade in off_market if trade.symbol == "SPY" and trade.price_e4 == 1_675_100] == [
        1_002_300
    ] * 2
    assert [trade.price_e4 for trade in off_market if trade.symbol == "AAPL" and trade.price_e4 == 100] == [100] * 2
    assert len(off_market) < len(prints(events)) // 50


def test_closing_auction_passes_in_open_hours(tape: TapeFiles) -> None:
    market = market_of(replay=[tape.trades], quotes=[tape.quotes], once=True)
    auctions = [trade for trade in prints(all_of(market)) if trade.num_shares == 262_040]
    assert [trade.at_ns for trade in auctions] == [moment_ns(day, time(16, 0, 6, 839_000)) for day in DAYS]
    assert all(market.hours(trade.at_ns).open and not trade.off_market for trade in auctions)


def test_quotes_are_made_up_around_trades_where_there_are_none(tmp_path: Path) -> None:
    events = small_tape(tmp_path, [f"{T},A,380.005,100", f"{T + 1},A,0.01,100", f"{T + 2},A,381,100"])
    shown = [(quote.bid_e4, quote.ask_e4) for quote in events if isinstance(quote, Quote)]
    assert shown == [(3_799_300, 3_800_800), (3_799_300, 3_800_800), (3_809_300, 3_810_700)]
    assert [type(event) for event in events] == [DayStart, Quote, Print, Quote, Print, Quote, Print]


def test_quotes_made_up_follow_a_jump_that_the_next_trade_confirms(tmp_path: Path) -> None:
    events = small_tape(tmp_path, [f"{T},A,100,1", f"{T + 1},A,50,1", f"{T + 2},A,50.1,1"])
    assert [quote.bid_e4 for quote in events if isinstance(quote, Quote)] == [999_800, 999_800, 500_900]


def test_a_day_starts_with_each_new_york_date(tape: TapeFiles) -> None:
    market = market_of(replay=[tape.trades], quotes=[tape.quotes], once=True)
    days = [event.at_ns for event in all_of(market) if isinstance(event, DayStart)]
    assert days == [market.starts_at_ns, moment_ns(DAYS[1], time())]
    assert market.next_at_ns is None


def test_hours_are_those_of_the_days_of_the_tape(tape: TapeFiles) -> None:
    market = market_of(replay=[tape.trades], once=True)
    friday = moment_ns(DAYS[0], time(4)), moment_ns(DAYS[0], time(20))
    monday = moment_ns(DAYS[1], time(4)), moment_ns(DAYS[1], time(20))
    assert market.hours(friday[0] - 1) == Hours(False, *friday)
    assert market.hours(friday[0]) == Hours(True, *friday)
    assert market.hours(friday[1] - 1) == Hours(True, *friday)
    assert market.hours(friday[1]) == Hours(False, *monday)
    assert market.hours(moment_ns(date(2012, 11, 4), time(12))) == Hours(False, *monday)
    assert market.hours(monday[1]) == Hours(False, None, None)


def test_loop_goes_on_days_later(tape: TapeFiles) -> None:
    one_pass = all_of(market_of(replay=[tape.trades], quotes=[tape.quotes], once=True))
    market = market_of(replay=[tape.trades], quotes=[tape.quotes])
    looped = market.advance(END_NS, 2 * len(one_pass))
    second = looped[len(one_pass) :]
    shifted = [msgspec.structs.replace(event, at_ns=event.at_ns + FOUR_DAYS_NS) for event in one_pass]
    assert looped[: len(one_pass)] == one_pass
    assert second[1:] == shifted[1:]
    assert second[0] == DayStart(moment_ns(DAYS[0], time()) + FOUR_DAYS_NS)
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(looped))
    assert market.hours(second[1].at_ns).open


@pytest.mark.parametrize("passes", [0, 1, 2])
def test_resume_goes_on_after_the_moment_reached(tape: TapeFiles, passes: int) -> None:
    whole = market_of(replay=[tape.trades], quotes=[tape.quotes])
    size = len(all_of(market_of(replay=[tape.trades], quotes=[tape.quotes], once=True)))
    events = whole.advance(END_NS, size * (passes + 1))
    reached_ns = events[size * passes + size // 2].at_ns
    rest = [event for event in events if event.at_ns > reached_ns]
    resumed = market_of(replay=[tape.trades], quotes=[tape.quotes])
    resumed.resume({"SPY": 1_659_500}, reached_ns)
    again = resumed.advance(reached_ns, 100)
    assert {event.symbol for event in again if isinstance(event, Quote)} == {"AIG", "SPY", "AAPL", "BRK.B"}
    assert len(again) == 4
    assert resumed.starts_at_ns == reached_ns
    assert list(resumed.advance(END_NS, len(rest))) == rest


def test_resume_after_the_end_has_nothing_left(tape: TapeFiles) -> None:
    market = market_of(replay=[tape.trades], once=True)
    market.resume({}, moment_ns(date(2013, 1, 1), time()))
    assert market.next_at_ns is None


def test_listings_are_the_symbols_of_all_files(tmp_path: Path) -> None:
    write_gzip(tmp_path / "t.csv.gz", TRADES_HEADER, [f"{T},B,5.5,1", f"{T},B,6,1"])
    write_gzip(tmp_path / "q.csv.gz", QUOTES_HEADER, [f"{T},MSFT,30,1,30.1,1"])
    market = market_of(replay=[tmp_path / "t.csv.gz"], quotes=[tmp_path / "q.csv.gz"], once=True)
    shown = [(listing.symbol, listing.name, listing.previous_close_e4) for listing in market.listings]
    assert shown == [("B", "B", 55_000), ("MSFT", "Microsoft Corporation", 300_000)]
    assert list(market.bars("B", 0, END_NS, DAY_NS)) == []
