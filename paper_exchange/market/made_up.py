"""The made-up market: seeded, round the clock, and looking like a tape.

Reads from the seed alone; writes nothing. About half of the trades share the instant of the one before (one decision,
several prints), few names are busy, activity comes in bursts, and nearly all prints are at or inside the quote.
A day starts at each midnight in New York.
If it dies it is made anew and goes on from the last prices that the exchange kept; what it made up from before stays the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random

from paper_exchange.market.companies import Company
from paper_exchange.market.crowd import Crowd, zipf_share
from paper_exchange.market.made_up_history import STOCKS_KEPT, StockHistory
from paper_exchange.market.new_york import day_begins_ns, day_number
from paper_exchange.market.port import Bar, DayStart, Event, Hours, Listing
from paper_exchange.market.rhythm import Rhythm
from paper_exchange.market.seeded import seeded
from paper_exchange.market.sizes import SHARES_PER_PRINT
from paper_exchange.market.stock import Stock
from paper_exchange.market.timeline import Timeline

TRADES_PER_SECOND = 200.0
TRADES_PER_SECOND_MAX = 20_000.0
TRADES_PER_DECISION = 2.0
QUOTE_CHANGES_PER_TRADE = 1.35
SWEEP_SHARE = 0.4
SWEEP_GOES_ON = 0.6
SWEEP_PRINTS_MAX = 40
BASKET_SHARE = 0.15
BLOCK_SHARE = 0.0005


class MadeUpMarket:
    """A `Market` of `companies`, busiest first. Same companies, seed, rate and start: same events."""

    def __init__(self, companies: Sequence[Company], seed: int, trades_per_second: float, now_ns: int) -> None:
        self._companies = companies
        self._places = {company.symbol: place for place, company in enumerate(companies)}
        self._seed = seed
        self._trades_per_second = trades_per_second
        self._began_at_ns = self._starts_at_ns = self._stopped_at_ns = now_ns
        self._prices_e4 = {company.symbol: company.price_e4 for company in companies}
        self._kept_history = lru_cache(maxsize=STOCKS_KEPT)(self._history)
        self._list()
        self._timeline = Timeline(self._events())

    @property
    def listings(self) -> Sequence[Listing]:
        return self._listings

    @property
    def starts_at_ns(self) -> int:
        return self._starts_at_ns

    @property
    def next_at_ns(self) -> int | None:
        return self._timeline.next_at_ns

    def began(self, at_ns: int) -> None:
        self._began_at_ns = at_ns
        self._kept_history.cache_clear()
        self._list()

    def resume(self, last_prices_e4: Mapping[str, int], at_ns: int) -> None:
        """Start from these prices, at `at_ns` or the time this market was made, whichever is later.

        If a midnight lies between the two, a day begins with the start.
        """
        self._stopped_at_ns = at_ns
        self._starts_at_ns = max(self._starts_at_ns, at_ns)
        self._prices_e4.update((s, p) for s, p in last_prices_e4.items() if s in self._prices_e4)
        self._timeline = Timeline(self._events())

    def advance(self, until_ns: int, limit: int) -> Sequence[Event]:
        return self._timeline.advance(until_ns, limit)

    def hours(self, at_ns: int) -> Hours:  # noqa: ARG002
        return Hours(True, None, None)

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        """Bars that start in `from_ns` (inclusive) to `to_ns`: by days for ten years back, by minutes for a month back."""
        if symbol not in self._places:
            return []
        return self._kept_history(symbol).bars(from_ns, to_ns, interval_ns)

    def _list(self) -> None:
        self._listings = [
            Listing(company.symbol, company.name, *self._history(company.symbol).where_it_ends())
            for company in self._companies
        ]

    def _history(self, symbol: str) -> StockHistory:
        place = self._places[symbol]
        trades_per_day = self._trades_per_second * 86_400 * zipf_share(place, len(self._companies))
        daily_shares = int(trades_per_day * SHARES_PER_PRINT)
        return StockHistory(self._seed, symbol, self._companies[place].price_e4, daily_shares, self._began_at_ns)

    def _events(self) -> Iterator[Event]:
        random = seeded(self._seed, self._starts_at_ns)
        stocks = self._stocks(random)
        today = day_number(self._starts_at_ns)
        if today > day_number(self._stopped_at_ns):
            yield DayStart(self._starts_at_ns)
        for stock in stocks:
            yield stock.quote(self._starts_at_ns)
        instants_per_trade = QUOTE_CHANGES_PER_TRADE + 1 / TRADES_PER_DECISION
        rhythm = Rhythm(random, self._trades_per_second * instants_per_trade, self._starts_at_ns)
        crowd = Crowd(stocks, random)
        trades_at = 1 / (TRADES_PER_DECISION * instants_per_trade)
        midnight_ns = day_begins_ns(today + 1)
        while True:
            at_ns = rhythm.next_ns()
            while at_ns >= midnight_ns:
                yield DayStart(midnight_ns)
                for stock in stocks:
                    stock.begin_day()
                today += 1
                midnight_ns = day_begins_ns(today + 1)
            if random.random() < trades_at:
                yield from decision(crowd, random, at_ns)
            else:
                yield crowd.pick().change_quote(at_ns)

    def _stocks(self, random: Random) -> list[Stock]:
        last_place = max(1, len(self._companies) - 1)
        return [
            Stock(company.symbol, self._prices_e4[company.symbol], place / last_place, random, self._starts_at_ns)
            for place, company in enumerate(self._companies)
        ]


def decision(crowd: Crowd, random: Random, at_ns: int) -> Iterator[Event]:
    """What one decision does, all at one instant: a print, a sweep through one stock, or a basket of several."""
    stock = crowd.pick()
    if random.random() < BLOCK_SHARE:
        yield stock.block(at_ns)
        return
    count = prints_of_decision(random)
    in_basket = count > 1 and random.random() < BASKET_SHARE
    buys = stock.buys()
    for _ in range(count):
        traded, left = stock.trade(at_ns, buys)
        yield traded
        if left is not None:
            yield left
        if in_basket:
            stock = crowd.pick()


def prints_of_decision(random: Random) -> int:
    """1 for most, else 2 and more: `TRADES_PER_DECISION` in the mean."""
    if random.random() >= SWEEP_SHARE:
        return 1
    count = 2
    while count < SWEEP_PRINTS_MAX and random.random() < SWEEP_GOES_ON:
        count += 1
    return count
