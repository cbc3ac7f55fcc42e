"""A listed symbol: its day so far and its book."""

import msgspec

from paper_exchange.book import Book
from paper_exchange.market.port import Listing
from paper_exchange.moment import to_wire
from paper_exchange.wire import SymbolView


class Day(msgspec.Struct):
    """A symbol's figures since the day began; open, high and low are 0 before the day's first trade, `last_number` before any."""

    symbol: str
    previous_close_e4: int
    open_e4: int = 0
    high_e4: int = 0
    low_e4: int = 0
    volume: int = 0
    last_price_e4: int = 0
    last_number: int = 0
    last_at_ns: int = 0

    @staticmethod
    def of(listing: Listing) -> "Day":
        """As the market begins: with what the day had before."""
        so_far = listing.day_so_far
        if so_far is None:
            return Day(listing.symbol, listing.previous_close_e4)
        return Day(
            listing.symbol, listing.previous_close_e4, so_far.open_e4, so_far.high_e4, so_far.low_e4, so_far.volume
        )

    def trade(self, number: int, at_ns: int, price_e4: int, num_shares: int, off_market: bool) -> None:
        self.volume += num_shares
        if off_market:
            return
        if not self.open_e4:
            self.open_e4 = self.high_e4 = self.low_e4 = price_e4
        elif price_e4 > self.high_e4:
            self.high_e4 = price_e4
        elif price_e4 < self.low_e4:
            self.low_e4 = price_e4
        self.last_price_e4 = price_e4
        self.last_number = number
        self.last_at_ns = at_ns

    def begin(self) -> None:
        if self.last_price_e4:
            self.previous_close_e4 = self.last_price_e4
        self.open_e4 = self.high_e4 = self.low_e4 = self.volume = 0


class Listed:
    __slots__ = ("book", "day", "index", "name", "symbol")

    def __init__(self, listing: Listing, index: int) -> None:
        self.symbol = listing.symbol
        self.name = listing.name
        self.index = index
        self.day = Day.of(listing)
        self.book = Book()

    def view(self, epoch: int, sequence: int) -> SymbolView:
        day = self.day
        return SymbolView(
            self.symbol,
            self.name,
            day.previous_close_e4,
            day.open_e4 or None,
            day.high_e4 or None,
            day.low_e4 or None,
            day.volume,
            day.last_price_e4 or None,
            epoch,
            sequence,
            to_wire(day.last_at_ns) if day.last_number else None,
        )

    def far_from_quote(self, price_e4: int) -> bool:
        """Further outside the quote than its own width and a quarter of a percent: nobody could have had that price."""
        bid, ask = self.book.market_bid, self.book.market_ask
        if not (self.book.quoted and bid.price_e4 > 0 and ask.price_e4 > 0):
            return False
        room_e4 = max(abs(ask.price_e4 - bid.price_e4), price_e4 // 400)
        low_e4, high_e4 = sorted((bid.price_e4, ask.price_e4))
        return price_e4 < low_e4 - room_e4 or price_e4 > high_e4 + room_e4
