"""What made-up stocks did before: intervals agree with each other and with the price at the start."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import msgspec
import pytest

from paper_exchange.market.bars import merged
from paper_exchange.market.port import Bar, Quote
from tests.paper_exchange.market.shown import END_NS, NOW_NS, market_of

MINUTE_NS = 60_000_000_000
DAY_NS = 1_440 * MINUTE_NS
# Midnight in New York of the day of NOW_NS, which is in summer.
MIDNIGHT_NS = (NOW_NS - 4 * 60 * MINUTE_NS) // DAY_NS * DAY_NS + 4 * 60 * MINUTE_NS


def _as_one(bars: Sequence[Bar]) -> list[Bar]:
    return merged([msgspec.structs.replace(bar, at_ns=0) for bar in bars], DAY_NS)


def test_ten_years_of_days() -> None:
    days = market_of().bars("AAPL", 0, NOW_NS, DAY_NS)
    assert len(days) >= 3_650
    assert [bar.at_ns for bar in days] == [days[0].at_ns + n * DAY_NS for n in range(len(days))]
    assert days[-1].at_ns == NOW_NS // DAY_NS * DAY_NS
    for bar in days:
        assert 10_000 <= bar.low_e4 <= min(bar.open_e4, bar.close_e4)
        assert max(bar.open_e4, bar.close_e4) <= bar.high_e4
        assert bar.volume >= 0


def test_history_ends_where_the_market_starts() -> None:
    market = market_of()
    quote = next(event for event in market.advance(END_NS, 500) if isinstance(event, Quote) and event.symbol == "MSFT")
    yesterday, today = market.bars("MSFT", NOW_NS - 2 * DAY_NS, NOW_NS, DAY_NS)
    listing = next(listing for listing in market.listings if listing.symbol == "MSFT")
    assert quote.bid_e4 - 300 <= today.close_e4 <= quote.ask_e4 + 300
    assert yesterday.close_e4 == listing.previous_close_e4
    assert yesterday.close_e4 != today.close_e4


@pytest.mark.parametrize("minutes", [1, 5, 60, 1_440, 7 * 1_440])
def test_intervals_agree(minutes: int) -> None:
    market = market_of()
    interval_ns = minutes * MINUTE_NS
    from_ns = (NOW_NS - 60 * DAY_NS) // DAY_NS * DAY_NS
    days = market.bars("NVDA", from_ns, NOW_NS, DAY_NS)
    if interval_ns >= DAY_NS:
        first_ns = -(-from_ns // interval_ns) * interval_ns
        long = market.bars("NVDA", from_ns, NOW_NS, interval_ns)
        assert long == merged([day for day in days if day.at_ns >= first_ns], interval_ns)
        return
    for ago in range(8):
        begins_ns = MIDNIGHT_NS - ago * DAY_NS
        bars = market.bars("NVDA", begins_ns, min(NOW_NS, begins_ns + DAY_NS), interval_ns)
        assert _as_one(bars) == _as_one([days[-1 - ago]])


def test_minutes_follow_each_other() -> None:
    minutes = market_of().bars("NVDA", NOW_NS - 5 * 3_600 * 10**9, NOW_NS, MINUTE_NS)
    assert len(minutes) == 299
    assert all(a.close_e4 == b.open_e4 for a, b in pairwise(minutes) if b.at_ns != MIDNIGHT_NS)


def test_month_is_whole_by_minutes() -> None:
    from_ns = MIDNIGHT_NS - 31 * DAY_NS
    hours = market_of().bars("NVDA", from_ns, MIDNIGHT_NS, 60 * MINUTE_NS)
    assert (len(hours), hours[0].at_ns) == (31 * 24, from_ns)


def test_minutes_do_not_wait_at_the_high_or_the_low() -> None:
    market = market_of()
    for listing in market.listings[::25]:
        minutes = market.bars(listing.symbol, MIDNIGHT_NS - DAY_NS, MIDNIGHT_NS, MINUTE_NS)
        extremes = (max(bar.high_e4 for bar in minutes), min(bar.low_e4 for bar in minutes))
        waits = [len(list(group)) for at, group in groupby(bar.close_e4 for bar in minutes) if at in extremes]
        if extremes[0] - extremes[1] >= 10_000:  # a few cents are soon all that there is
            assert max(waits, default=0) <= 15


def test_only_bars_that_start_in_the_range() -> None:
    from_ns, to_ns = NOW_NS // DAY_NS * DAY_NS - 10 * DAY_NS, NOW_NS // DAY_NS * DAY_NS - 7 * DAY_NS
    bars = market_of().bars("AAPL", from_ns, to_ns, DAY_NS)
    assert [bar.at_ns for bar in bars] == [from_ns, from_ns + DAY_NS, from_ns + 2 * DAY_NS]


def test_nothing_of_the_unknown() -> None:
    market = market_of()
    nothing: list[Bar] = []
    assert market.bars("NOSUCH", 0, NOW_NS, DAY_NS) == nothing
    assert market.bars("AAPL", 0, NOW_NS, 1_000) == nothing
    assert market.bars("AAPL", NOW_NS, 0, DAY_NS) == nothing


def test_the_same_again_and_from_another_seed_another() -> None:
    days = market_of(seed=3).bars("AAPL", 0, NOW_NS, DAY_NS)
    assert days == market_of(seed=3).bars("AAPL", 0, NOW_NS, DAY_NS)
    assert days != market_of(seed=4).bars("AAPL", 0, NOW_NS, DAY_NS)


def test_a_later_run_tells_the_same_past() -> None:
    before = market_of(seed=3).bars("AAPL", NOW_NS - 900 * DAY_NS, NOW_NS - 2 * DAY_NS, DAY_NS)
    later = market_of(seed=3, now_ns=NOW_NS + DAY_NS // 100)
    after = later.bars("AAPL", NOW_NS - 900 * DAY_NS, NOW_NS - 2 * DAY_NS, DAY_NS)
    assert [bar.close_e4 for bar in before] == [bar.close_e4 for bar in after]


def test_nothing_from_the_start_on() -> None:
    market = market_of(now_ns=MIDNIGHT_NS)
    assert market.bars("AAPL", 0, END_NS, MINUTE_NS)[-1].at_ns == MIDNIGHT_NS - MINUTE_NS
    assert market.bars("AAPL", 0, END_NS, DAY_NS)[-1].at_ns == (MIDNIGHT_NS // DAY_NS - 1) * DAY_NS
    assert market.listings[0].day_so_far is None


def test_day_so_far_is_what_the_bars_say() -> None:
    market = market_of()
    for listing in market.listings[::50]:
        [today] = market.bars(listing.symbol, MIDNIGHT_NS // DAY_NS * DAY_NS, NOW_NS, DAY_NS)
        minutes = market.bars(listing.symbol, MIDNIGHT_NS, NOW_NS, MINUTE_NS)
        assert listing.day_so_far == today
        assert minutes[0].at_ns == MIDNIGHT_NS
        assert minutes[0].open_e4 == today.open_e4
        assert max(bar.high_e4 for bar in minutes) == today.high_e4
        assert min(bar.low_e4 for bar in minutes) == today.low_e4
        assert sum(bar.volume for bar in minutes) == today.volume


def test_past_stays_the_same_when_the_market_is_begun_again() -> None:
    first, again = market_of(), market_of(now_ns=NOW_NS + 3 * 3_600 * 10**9)
    again.began(first.starts_at_ns)
    again.resume({"AAPL": 1_234_500}, NOW_NS + 3_600 * 10**9)
    assert again.listings == first.listings
    for interval_ns in (MINUTE_NS, DAY_NS):
        assert again.bars("AAPL", 0, END_NS, interval_ns) == first.bars("AAPL", 0, END_NS, interval_ns)
