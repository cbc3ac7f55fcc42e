"""Recorded tapes as a market: every trade of the files on the feed, every quote of theirs as resting liquidity.

Reads from gzip CSV files, as a stream; writes nothing. All files are checked whole before trading starts.
If it dies the next run reads the files again up to where the exchange was.

Rules. At one instant quotes come before trades, and rows of one file keep their order. A trade is off-market if it is further outside
the quote than `OFF_MARKET_PART` of the price; where there is no quote every trade counts. Of a crossed quote (bid above ask) the side
that moved is given size 0, so that nobody's book holds a cross; a locked one passes as it is.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, time
from operator import attrgetter
from pathlib import Path

import msgspec

from paper_exchange.market.companies import well_known
from paper_exchange.market.derived_quotes import DerivedQuotes
from paper_exchange.market.errors import MarketError
from paper_exchange.market.new_york import date_at, day_after, days_ns, midnight_ns
from paper_exchange.market.port import Bar, DayStart, Event, Listing, Print, Quote
from paper_exchange.market.sessions import Sessions
from paper_exchange.market.tape_file import TapeFile
from paper_exchange.market.tape_rows import QUOTES_HEADER, TRADES_HEADER, quote_of, trade_of

OPENS, CLOSES = time(4), time(20)
OFF_MARKET_PART = 200
OFF_MARKET_LEAST_E4 = 100
SYMBOLS_MAX = 20_000
DAYS_MAX = 10_000


class Tapes:
    """A `Recording` of trades files and, if there are any, quotes files. Holds the days and symbols, never the rows."""

    def __init__(self, trades: Sequence[Path], quotes: Sequence[Path], once: bool) -> None:
        self._trades = [TapeFile(path, TRADES_HEADER, trade_of) for path in trades]
        self._quotes = [TapeFile(path, QUOTES_HEADER, quote_of) for path in quotes]
        found = _Contents()
        for trade_file, path in zip(self._trades, trades, strict=True):
            for trade in trade_file.checked():
                found.take(trade, trade.price_e4, path)
        if not found.days:
            raise MarketError(f"{trades[0]}: no trades in it or in any file with it; give a tape that holds some")
        for quote_file, path in zip(self._quotes, quotes, strict=True):
            for quote in quote_file.checked():
                found.take(quote, quote.bid_e4 or quote.ask_e4, path)
        self._describe(found, once)

    def _describe(self, found: "_Contents", once: bool) -> None:
        days = sorted(found.days)
        names = {company.symbol: company.name for company in well_known()}
        self.listings: Sequence[Listing] = [
            Listing(symbol, names.get(symbol, symbol), found.first_e4[symbol]) for symbol in sorted(found.first_e4)
        ]
        self.first_ns = found.first_ns
        self.begins_ns = midnight_ns(days[0])
        self.span_ns = days_ns(days[0], days[-1])
        self.sessions = Sessions(days, OPENS, CLOSES, None if once else self.span_ns)

    def events(self, after_ns: int) -> Iterator[Event]:  # noqa: ARG002
        rows = heapq.merge(*self._streams(), key=attrgetter("at_ns"))
        midnight = 0
        for event in self._with_quotes(rows) if self._quotes else DerivedQuotes().around(rows):
            if event.at_ns >= midnight:
                day = date_at(event.at_ns)
                yield DayStart(midnight_ns(day))
                midnight = midnight_ns(day_after(day))
            yield event

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:  # noqa: ARG002
        """None: a tape knows nothing of what was before it."""
        return []

    def _streams(self) -> Iterator[Iterator[Print | Quote]]:
        """Quotes first: a merge keeps the order of its streams within one instant."""
        yield from (file.rows() for file in self._quotes)
        yield from (file.rows() for file in self._trades)

    @staticmethod
    def _with_quotes(rows: Iterator[Print | Quote]) -> Iterator[Print | Quote]:
        latest: dict[str, Quote] = {}
        for row in rows:
            before = latest.get(row.symbol)
            if isinstance(row, Quote):
                latest[row.symbol] = row
                yield uncrossed(row, before)
            elif before is not None and is_off_market(row.price_e4, before):
                yield msgspec.structs.replace(row, off_market=True)
            else:
                yield row


class _Contents:
    """What a first pass over the rows learns."""

    def __init__(self) -> None:
        self.first_e4: dict[str, int] = {}
        self.days: set[date] = set()
        self.first_ns = 2**63
        self._day_starts_ns = self._day_ends_ns = 0

    def take(self, row: Print | Quote, price_e4: int, path: Path) -> None:
        if not self._day_starts_ns <= row.at_ns < self._day_ends_ns:
            self._take_day(row.at_ns, path)
        if row.symbol not in self.first_e4:
            self._take_symbol(row.symbol, price_e4, path)

    def _take_day(self, at_ns: int, path: Path) -> None:
        day = date_at(at_ns)
        self._day_starts_ns, self._day_ends_ns = midnight_ns(day), midnight_ns(day_after(day))
        self.first_ns = min(self.first_ns, at_ns)
        self.days.add(day)
        if len(self.days) > DAYS_MAX:
            raise MarketError(f"{path}: more than {DAYS_MAX} days; give shorter tapes")

    def _take_symbol(self, symbol: str, price_e4: int, path: Path) -> None:
        self.first_e4[symbol] = price_e4
        if len(self.first_e4) > SYMBOLS_MAX:
            raise MarketError(f"{path}: more than {SYMBOLS_MAX} symbols; give tapes with fewer")


def is_off_market(price_e4: int, quote: Quote) -> bool:
    """Whether a trade at `price_e4` is further outside `quote` than 0.5 % of the side it passed, and than a cent."""
    sides = [price for price, size in ((quote.bid_e4, quote.bid_size), (quote.ask_e4, quote.ask_size)) if size]
    if not sides:
        return False
    low_e4, high_e4 = min(sides), max(sides)
    below = quote.bid_size > 0 and price_e4 < low_e4 - max(OFF_MARKET_LEAST_E4, low_e4 // OFF_MARKET_PART)
    above = quote.ask_size > 0 and price_e4 > high_e4 + max(OFF_MARKET_LEAST_E4, high_e4 // OFF_MARKET_PART)
    return below or above


def uncrossed(quote: Quote, before: Quote | None) -> Quote:
    """`quote`, or where its bid is above its ask, the same with the side that moved emptied: the ask if only it moved, else the bid."""
    if quote.bid_e4 <= quote.ask_e4 or not quote.bid_size or not quote.ask_size:
        return quote
    ask_moved = before is not None and before.bid_e4 == quote.bid_e4
    return msgspec.structs.replace(quote, ask_size=0) if ask_moved else msgspec.structs.replace(quote, bid_size=0)
