"""Where a market goes on after a restart: it tells its last moment again, and of that some has happened already."""

from paper_exchange.market.port import DayStart, Event, Quote


class Resumption:
    """From `at_ns`, of which so many prints had happened. One of its own: from the market's beginning, of which nothing had."""

    def __init__(self, at_ns: int = -1, prints: int = 0) -> None:
        self._at_ns = at_ns
        self._prints_left = prints

    def has_happened(self, event: Event) -> bool:
        """To be asked of each event once, in order. A quote that comes again does no harm, and says how things stand."""
        if event.at_ns > self._at_ns or isinstance(event, Quote):
            return False
        if event.at_ns < self._at_ns or isinstance(event, DayStart):
            return True
        self._prints_left -= 1
        return self._prints_left >= 0
