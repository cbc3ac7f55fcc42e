"""A day's trades made from its daily bar: first at the open, last at the close, touching high and low, volumes summing."""

import math
from array import array
from collections.abc import Iterator
from random import Random

from paper_exchange.market.bars import parts
from paper_exchange.market.port import Bar, Print, Quote
from paper_exchange.market.sizes import shown_shares

PRINTS_LEAST = 1_000
PRINTS_MORE = 250
CENT_E4 = 100
NS_PER_MS = 1_000_000
OUTERMOST_PRINTS = 4


class PricePath:
    """The trades of one symbol on one day: `PRINTS_LEAST` to 25 % more, one for each share where there are fewer shares than that.

    With under four shares there is no room for all of open, high, low and close: the close comes first, then the open, then the high.
    """

    def __init__(self, symbol: str, bar: Bar, opens_ns: int, closes_ns: int, random: Random) -> None:
        self._symbol = symbol
        self._opens_ns = opens_ns
        self._random = random
        count = min(bar.volume, PRINTS_LEAST + random.randrange(PRINTS_MORE))
        self._prices_e4 = array("q", prices(bar, count, random))
        weights = [random.lognormvariate(0.0, 1.2) for _ in range(count)]
        self._shares = array("q", (1 + more for more in parts(bar.volume - count, weights)) if count else ())
        self._times_ns = array("q", times(count, opens_ns, closes_ns, random))

    def events(self) -> Iterator[Print | Quote]:
        """A quote at the session's opening, and before each print one that has it at the bid or at the ask."""
        before_e4 = self._prices_e4[0] if self._prices_e4 else 0
        if before_e4:
            yield self._quote(self._opens_ns, before_e4, True)
        for at_ns, price_e4, num_shares in zip(self._times_ns, self._prices_e4, self._shares, strict=True):
            bought = price_e4 > before_e4 or (price_e4 == before_e4 and self._random.random() < 0.5)
            yield self._quote(at_ns, price_e4, bought)
            yield Print(at_ns, self._symbol, price_e4, num_shares, False)
            before_e4 = price_e4

    def _quote(self, at_ns: int, price_e4: int, bought: bool) -> Quote:
        tick_e4 = CENT_E4 if price_e4 > CENT_E4 else 1
        bid_e4 = price_e4 - tick_e4 if bought else price_e4
        bid_size = shown_shares(self._random) if bid_e4 > 0 else 0
        return Quote(at_ns, self._symbol, bid_e4, bid_size, bid_e4 + tick_e4, shown_shares(self._random))


def prices(bar: Bar, count: int, random: Random) -> list[int]:
    """`count` prices in ten-thousandths, all within the bar; whole cents where the bar's are."""
    if count < OUTERMOST_PRINTS:
        return [[], [bar.close_e4], [bar.open_e4, bar.close_e4], [bar.open_e4, bar.high_e4, bar.close_e4]][count]
    first, second = sorted(random.sample(range(1, count - 1), 2))
    turns_e4 = [bar.high_e4, bar.low_e4] if random.random() < 0.5 else [bar.low_e4, bar.high_e4]
    legs = (
        (bar.open_e4, turns_e4[0], first),
        (turns_e4[0], turns_e4[1], second - first),
        (turns_e4[1], bar.close_e4, count - 1 - second),
    )
    path_e4 = [price for start_e4, end_e4, steps in legs for price in leg(bar, start_e4, end_e4, steps, random)]
    return [*path_e4, bar.close_e4]


def leg(bar: Bar, start_e4: int, end_e4: int, steps: int, random: Random) -> list[int]:
    """`steps` prices from `start_e4` on the way to `end_e4`, which is not among them: a random walk tied at both ends."""
    walk = [0.0]
    for _ in range(steps):
        walk.append(walk[-1] + random.gauss(0.0, 1.0))
    step_e4 = 0.3 * (bar.high_e4 - bar.low_e4) / math.sqrt(steps)
    tick_e4 = CENT_E4 if _in_cents(bar) else 1
    return [start_e4] + [
        _within(bar, start_e4 + (end_e4 - start_e4) * i / steps + step_e4 * (walk[i] - walk[-1] * i / steps), tick_e4)
        for i in range(1, steps)
    ]


def times(count: int, opens_ns: int, closes_ns: int, random: Random) -> list[int]:
    """`count` moments in order, on a clock of milliseconds, busiest near the opening and the closing."""
    length_ms = (closes_ns - opens_ns) // NS_PER_MS
    shares = sorted((1 - math.cos(math.pi * random.random())) / 2 for _ in range(count))
    return [opens_ns + int(share * length_ms) * NS_PER_MS for share in shares]


def _in_cents(bar: Bar) -> bool:
    return not any(price % CENT_E4 for price in (bar.open_e4, bar.high_e4, bar.low_e4, bar.close_e4))


def _within(bar: Bar, price_e4: float, tick_e4: int) -> int:
    return max(bar.low_e4, min(bar.high_e4, round(price_e4 / tick_e4) * tick_e4))
