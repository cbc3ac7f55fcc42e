"""A small seeded market for the simulated exchange: four symbols whose quotes wander, and a print now and then."""

import random
from collections.abc import Mapping, Sequence

from paper_exchange.market.port import Bar, Event, Hours, Listing, Print, Quote

SYMBOLS = ("META", "AAPL", "IBM", "KO")
STEP_NS = 250_000_000
SPREAD_E4 = 200
SIZES = (5, 20, 100, 400)


class SimulatedMarket:
    def __init__(self, chance: random.Random, now_ns: int) -> None:
        self._chance = chance
        self._mid_e4 = {symbol: chance.randrange(50, 500) * 10_000 for symbol in SYMBOLS}
        self.listings: Sequence[Listing] = [
            Listing(symbol, f"{symbol} Inc.", mid_e4) for symbol, mid_e4 in self._mid_e4.items()
        ]
        self.starts_at_ns = now_ns
        self._next_ns = now_ns
        self._events: list[Event] = []

    @property
    def next_at_ns(self) -> int | None:
        return self._next_ns

    def began(self, at_ns: int) -> None:
        pass

    def resume(self, last_prices_e4: Mapping[str, int], at_ns: int) -> None:
        pass

    def hours(self, at_ns: int) -> Hours:
        return Hours(True, None, None)

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        return ()

    def mid_cents(self, symbol: str) -> int:
        return self._mid_e4[symbol] // 100

    def quote_again(self, now_ns: int) -> None:
        """Tell every quote and a first print anew, for an exchange that has just begun."""
        for symbol in SYMBOLS:
            self._events.append(self._quote(symbol, now_ns))
            self._events.append(Print(now_ns, symbol, self._mid_e4[symbol], 1))

    def advance(self, until_ns: int, limit: int) -> Sequence[Event]:
        if until_ns >= self._next_ns + 40 * STEP_NS:
            self._next_ns = until_ns - 40 * STEP_NS  # after a pause, go on from now
        while self._next_ns <= until_ns:
            self._step(self._next_ns)
            self._next_ns += STEP_NS
        events, self._events = self._events[:limit], self._events[limit:]
        return events

    def _step(self, at_ns: int) -> None:
        symbol = self._chance.choice(SYMBOLS)
        self._mid_e4[symbol] = max(100_000, self._mid_e4[symbol] + self._chance.randrange(-3, 4) * 1_000)
        self._events.append(self._quote(symbol, at_ns))
        if self._chance.random() < 0.5:
            price_e4 = self._mid_e4[symbol] + self._chance.choice((-SPREAD_E4, 0, 50, SPREAD_E4))
            self._events.append(Print(at_ns, symbol, price_e4, self._chance.choice(SIZES)))

    def _quote(self, symbol: str, at_ns: int) -> Quote:
        mid_e4 = self._mid_e4[symbol]
        bid_size, ask_size = self._chance.choice(SIZES), self._chance.choice(SIZES)
        return Quote(at_ns, symbol, mid_e4 - SPREAD_E4, bid_size, mid_e4 + SPREAD_E4, ask_size)
