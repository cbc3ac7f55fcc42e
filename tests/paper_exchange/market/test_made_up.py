"""The made-up market looks like a tape, and comes again from its seed."""

from collections import Counter
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from paper_exchange.market.companies import Company
from paper_exchange.market.made_up import MadeUpMarket
from paper_exchange.market.port import DayStart, Event, Hours, Print, Quote
from paper_exchange.market.rhythm import Rhythm
from paper_exchange.market.seeded import seeded
from tests.paper_exchange.market.shown import END_NS, NOW_NS, market_of, prints

DAY_NS = 86_400_000_000_000
NS_PER_S = 1_000_000_000
SEEDS = (1, 20_261_122, -7)
seeds = pytest.mark.parametrize("seed", SEEDS)


@lru_cache(maxsize=len(SEEDS))
def shown(seed: int) -> list[Event]:
    """Some three minutes of the usual market."""
    return list(market_of(seed=seed).advance(END_NS, 120_000))


def share(part: float, whole: float) -> float:
    return round(part / whole, 4)


@seeds
def test_about_half_of_trades_share_an_instant(seed: int) -> None:
    trades = prints(shown(seed))
    together = [(a, b) for a, b in pairwise(trades) if a.at_ns == b.at_ns]
    figure = share(len(together), len(trades))
    across = share(sum(a.symbol != b.symbol for a, b in together), len(trades))
    assert 0.45 <= figure <= 0.55, f"seed {seed}: {figure} of trades share the instant of the one before"
    assert across >= 0.02, f"seed {seed}: {across} do so with another symbol"


@seeds
def test_instants_are_milliseconds(seed: int) -> None:
    assert all(trade.at_ns % 1_000_000 == 0 for trade in prints(shown(seed)))


@seeds
def test_most_trades_are_within_the_quote(seed: int) -> None:
    quotes: dict[str, Quote] = {}
    inside = total = 0
    for event in shown(seed):
        if isinstance(event, Quote):
            quotes[event.symbol] = event
        elif isinstance(event, Print):
            quote = quotes[event.symbol]
            inside += quote.bid_e4 <= event.price_e4 <= quote.ask_e4
            total += 1
    assert 0.94 <= share(inside, total) <= 0.99, f"seed {seed}: {share(inside, total)} of trades at or inside the quote"


@seeds
def test_few_names_are_busy_and_many_quiet(seed: int) -> None:
    counted = Counter(trade.symbol for trade in prints(shown(seed)))
    total = sum(counted.values())
    busiest = share(sum(count for _, count in counted.most_common(5)), total)
    quietest = share(sum(count for _, count in counted.most_common()[250:]), total)
    assert busiest >= 0.2, f"seed {seed}: the busiest 5 of 500 names make {busiest} of trades"
    assert quietest <= 0.15, f"seed {seed}: the quieter half makes {quietest} of trades"


@seeds
def test_activity_bursts(seed: int) -> None:
    """Trades that came by chance, two at a time, would vary twice as much as their mean; bursts vary more."""
    by_second = Counter(trade.at_ns // NS_PER_S for trade in prints(shown(seed)))
    seconds = range(min(by_second) + 1, max(by_second))
    mean = sum(by_second[second] for second in seconds) / len(seconds)
    dispersion = round(sum((by_second[second] - mean) ** 2 for second in seconds) / len(seconds) / mean, 2)
    assert 160 <= mean <= 240, f"seed {seed}: {mean} trades a second"
    assert dispersion >= 3.0, f"seed {seed}: trades per second vary {dispersion} times their mean"


@seeds
def test_prices_and_sizes_of_trades(seed: int) -> None:
    trades = prints(shown(seed))
    sub_cent = share(sum(trade.price_e4 % 100 != 0 for trade in trades), len(trades))
    half_cents = share(sum(trade.price_e4 % 100 == 50 for trade in trades), len(trades))
    odd_lots = share(sum(trade.num_shares < 100 for trade in trades), len(trades))
    large = share(sum(trade.num_shares >= 5_000 for trade in trades), len(trades))
    blocks = [trade for trade in trades if trade.off_market]
    assert 0.05 <= sub_cent <= 0.3, f"seed {seed}: {sub_cent} of trades at parts of a cent"
    assert half_cents >= 0.02, f"seed {seed}: {half_cents} of trades at half cents"
    assert 0.2 <= odd_lots <= 0.5, f"seed {seed}: {odd_lots} of trades under 100 shares"
    assert 0.001 <= large <= 0.05, f"seed {seed}: {large} of trades of 5,000 shares and more"
    assert 1 <= len(blocks) <= len(trades) // 500, f"seed {seed}: {len(blocks)} blocks off the market"
    assert min(trade.num_shares for trade in trades) >= 1
    assert min(trade.num_shares for trade in blocks) >= 50_000


@seeds
def test_quotes(seed: int) -> None:
    quotes = [event for event in shown(seed) if isinstance(event, Quote)]
    locked = share(sum(quote.bid_e4 == quote.ask_e4 for quote in quotes), len(quotes))
    per_trade = share(len(quotes), len(prints(shown(seed))))
    assert all(0 <= quote.ask_e4 - quote.bid_e4 <= 500 for quote in quotes)
    assert all(quote.bid_size >= 1 and quote.ask_size >= 1 for quote in quotes)
    assert all(quote.bid_e4 % 100 == 0 and quote.ask_e4 % 100 == 0 for quote in quotes)
    assert 0.002 <= locked <= 0.05, f"seed {seed}: {locked} of quotes locked"
    assert 1.7 <= per_trade <= 2.4, f"seed {seed}: {per_trade} quotes per trade"


@seeds
def test_every_symbol_is_quoted_before_anything_else(seed: int) -> None:
    market = market_of(seed=seed)
    first = shown(seed)[:500]
    assert [event.symbol for event in first if isinstance(event, Quote)] == [
        listing.symbol for listing in market.listings
    ]
    assert {event.at_ns for event in first} == {market.starts_at_ns}


def test_prices_wander_within_bounds() -> None:
    """Three days of slow trading in cheap and dear stocks."""
    market = market_of(symbols="500", trades_per_second=0.2)
    events = market.advance(NOW_NS + 3 * DAY_NS, 1_000_000)
    starts = {listing.symbol: listing.previous_close_e4 for listing in market.listings}
    middles = [(quote.symbol, (quote.bid_e4 + quote.ask_e4) // 2) for quote in events if isinstance(quote, Quote)]
    furthest = max(abs(middle / starts[symbol] - 1) for symbol, middle in middles)
    assert min(trade.price_e4 for trade in prints(events) if not trade.off_market) >= 5_000
    assert min(quote.bid_e4 for quote in events if isinstance(quote, Quote)) >= 10_000
    assert 0.01 <= furthest <= 0.5, f"the furthest move in three days is {furthest}"


def test_a_day_starts_at_each_midnight_in_new_york() -> None:
    market = market_of(symbols="5", trades_per_second=0.05)
    events = market.advance(NOW_NS + 3 * DAY_NS, 1_000_000)
    midnight_ns = int(datetime(2026, 9, 22, tzinfo=ZoneInfo("America/New_York")).timestamp()) * NS_PER_S
    assert [event.at_ns for event in events if isinstance(event, DayStart)] == [
        midnight_ns + n * DAY_NS for n in range(3)
    ]
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(events))


def test_one_seed_gives_one_market_however_it_is_asked() -> None:
    one, other = market_of(seed=5), market_of(seed=5)
    in_bits: list[Event] = []
    while len(in_bits) < 5_000:
        due_ns = other.next_at_ns
        assert due_ns is not None
        assert list(other.advance(due_ns - 1, 100)) == []
        in_bits += other.advance(due_ns, 7)
    assert list(one.advance(END_NS, len(in_bits))) == in_bits
    assert list(market_of(seed=6).advance(END_NS, len(in_bits))) != in_bits


def test_fast_market_keeps_its_looks() -> None:
    events = market_of(symbols="5000", trades_per_second=20_000).advance(END_NS, 100_000)
    trades = prints(events)
    span_s = (trades[-1].at_ns - trades[0].at_ns) / NS_PER_S
    together = share(sum(a.at_ns == b.at_ns for a, b in pairwise(trades)), len(trades))
    assert 0.45 <= together <= 0.55, f"{together} of trades share the instant of the one before"
    assert 14_000 <= len(trades) / span_s <= 26_000, f"{len(trades) / span_s} trades a second"


def test_resume_goes_on_from_last_prices() -> None:
    market = market_of()
    market.resume({"AAPL": 1_234_500, "GONE": 10_000}, NOW_NS - NS_PER_S)
    apple = next(event for event in market.advance(END_NS, 500) if isinstance(event, Quote) and event.symbol == "AAPL")
    assert apple.bid_e4 <= 1_234_600
    assert apple.ask_e4 >= 1_234_400
    assert market.starts_at_ns == NOW_NS
    assert "GONE" not in {listing.symbol for listing in market.listings}


def test_resume_after_midnight_starts_a_day() -> None:
    market = market_of()
    market.resume({}, NOW_NS - DAY_NS)
    assert market.advance(END_NS, 1) == [DayStart(NOW_NS)]


def test_always_open() -> None:
    assert market_of().hours(NOW_NS) == Hours(True, None, None)


@pytest.mark.parametrize("count", [1, 2, 500, 501, 5_000])
def test_as_many_symbols_as_asked(count: int) -> None:
    symbols = [listing.symbol for listing in market_of(symbols=str(count)).listings]
    assert len(set(symbols)) == len(symbols) == count
    assert symbols == [listing.symbol for listing in market_of(symbols=str(count), seed=9).listings]


@pytest.mark.parametrize("instants_per_second", [1, 370, 37_000])
def test_no_two_decisions_at_one_instant(instants_per_second: int) -> None:
    rhythm = Rhythm(seeded(1), instants_per_second, NOW_NS)
    instants = [rhythm.next_ns() for _ in range(20_000)]
    rate = 20_000 * NS_PER_S / (instants[-1] - NOW_NS)
    assert all(a < b for a, b in pairwise(instants))
    assert instants[0] >= NOW_NS
    assert 0.8 <= rate / instants_per_second <= 1.25, f"{rate} a second instead of {instants_per_second}"


def test_cheapest_stocks_stay_at_a_dollar() -> None:
    companies = [Company(f"PENNY{n}", "Penny", 10_000) for n in range(20)]
    events = MadeUpMarket(companies, 1, 50, NOW_NS).advance(END_NS, 20_000)
    lowest_e4 = min(quote.bid_e4 for quote in events if isinstance(quote, Quote))
    assert lowest_e4 == 10_000
    assert min(trade.price_e4 for trade in prints(events)) > 0
