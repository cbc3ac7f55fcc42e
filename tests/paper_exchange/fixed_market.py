"""A market that does only what a test tells it to."""

from collections.abc import Mapping, Sequence

from paper_exchange.market.port import Bar, DayStart, Event, Hours, Listing, Print, Quote

START_NS = 1_700_000_000_000_000_000


class FixedMarket:
    """Gives the events that were put in, in order; `open` says whether it trades."""

    def __init__(self, symbols: Sequence[str] = ("META", "AAPL"), events: Sequence[Event] = ()) -> None:
        self.listings = [Listing(symbol, f"{symbol} Inc.", 1_000_000) for symbol in symbols]
        self.starts_at_ns = START_NS
        self.events = list(events)
        self.open = True
        self.resumed: tuple[dict[str, int], int] | None = None

    def began(self, at_ns: int) -> None:
        self.began_at_ns = at_ns

    def resume(self, last_prices_e4: Mapping[str, int], at_ns: int) -> None:
        self.resumed = (dict(last_prices_e4), at_ns)
        self.events = [event for event in self.events if event.at_ns > at_ns]

    def advance(self, until_ns: int, limit: int) -> Sequence[Event]:
        due = [event for event in self.events if event.at_ns <= until_ns][:limit]
        del self.events[: len(due)]
        return due

    @property
    def next_at_ns(self) -> int | None:
        return self.events[0].at_ns if self.events else None

    def hours(self, at_ns: int) -> Hours:
        return Hours(self.open, START_NS, START_NS + 1)

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        return [Bar(from_ns, 1, 4, 1, 3, 100)]


def quote(bid_e4: int, bid_size: int, ask_e4: int, ask_size: int, symbol: str = "META", at: int = 0) -> Quote:
    return Quote(START_NS + at, symbol, bid_e4, bid_size, ask_e4, ask_size)


def trade(price_e4: int, num_shares: int, symbol: str = "META", at: int = 0, off_market: bool | None = None) -> Print:
    return Print(START_NS + at, symbol, price_e4, num_shares, off_market)


def day(at: int = 0) -> DayStart:
    return DayStart(START_NS + at)
