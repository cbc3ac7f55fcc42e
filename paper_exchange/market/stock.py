"""One made-up stock: what it is worth, the quote around that, and the prints against the quote."""

import math
from random import Random

from paper_exchange.market.port import Print, Quote
from paper_exchange.market.sizes import block_shares, print_shares, shown_shares

CENT_E4 = 100
LOWEST_E4 = 10_000
WORTH_LEAST_E4 = 10_200  # leaves room for the widest spread above the lowest bid
NS_PER_S = 1_000_000_000
PULL_PER_S = 1 / 7_200
DAY_MOVE_MAX = 0.08
QUIET_S_MAX = 3_600.0
LOCKED_SHARE = 0.01
WIDER_SHARE = 0.1
SPREAD_TICKS_MAX = 5

# How prints stand to the quote, as shares of all prints, cumulated: against the quote, at its middle, better than it by
# parts of a cent, past it by a few cents (reported late, or swept through). What is left prints inside, at whole cents.
AT_QUOTE, AT_MIDDLE, IMPROVED, PAST_QUOTE = 0.62, 0.74, 0.86, 0.89
IMPROVEMENTS_E4 = (1, 1, 5, 10, 10, 20, 25, 30, 40, 49)


class Stock:
    """Its worth wanders, pulled back to where the day began, never `DAY_MOVE_MAX` from there; the quote follows it.

    The worth is a float, as it is nobody's price; quotes and prints are integers.
    """

    __slots__ = (
        "_anchor", "_ask_e4", "_ask_size", "_bid_e4", "_bid_size", "_random", "_touched_ns",
        "_volatility", "_wide_ticks", "_worth", "symbol",
    )  # fmt: skip

    def __init__(self, symbol: str, price_e4: int, quietness: float, random: Random, at_ns: int) -> None:
        """`quietness`: 0 for the busiest name of the market, 1 for the quietest."""
        self.symbol = symbol
        self._random = random
        self._worth = float(max(price_e4, WORTH_LEAST_E4))
        self._anchor = self._worth
        self._touched_ns = at_ns
        daily_volatility = 0.010 + 0.008 * quietness + 0.007 * random.random()
        self._volatility = daily_volatility * math.sqrt(2 * PULL_PER_S)
        self._wide_ticks = usual_spread_ticks(price_e4, quietness)
        self._bid_e4 = self._ask_e4 = self._bid_size = self._ask_size = 0
        self._requote()

    def begin_day(self) -> None:
        self._anchor = self._worth

    def quote(self, at_ns: int) -> Quote:
        return Quote(at_ns, self.symbol, self._bid_e4, self._bid_size, self._ask_e4, self._ask_size)

    def change_quote(self, at_ns: int) -> Quote:
        """The quote after the worth has moved; where its prices stay, its sizes change."""
        self._wander(at_ns)
        self._requote()
        return self.quote(at_ns)

    def buys(self) -> bool:
        """Whether the next one to act buys: likelier while the quote lies below the worth."""
        middle_e4 = (self._bid_e4 + self._ask_e4) / 2
        lean = (self._worth - middle_e4) / (2 * CENT_E4)
        return self._random.random() < 0.5 + max(-0.3, min(0.3, lean))

    def trade(self, at_ns: int, buys: bool) -> tuple[Print, Quote | None]:
        """A print, and the quote that it leaves if it took shares from it."""
        num_shares = print_shares(self._random)
        roll = self._random.random()
        if roll < AT_QUOTE:
            taken = Print(at_ns, self.symbol, self._ask_e4 if buys else self._bid_e4, num_shares, False)
            self._take(buys, num_shares)
            return taken, self.quote(at_ns)
        return Print(at_ns, self.symbol, self._price_off_touch_e4(roll, buys), num_shares, False), None

    def block(self, at_ns: int) -> Print:
        """A large trade agreed elsewhere, half a per cent to two from the market."""
        away = (0.005 + 0.015 * self._random.random()) * (1 if self._random.random() < 0.5 else -1)
        price_e4 = max(LOWEST_E4, int(self._worth * (1 + away)) // CENT_E4 * CENT_E4)
        return Print(at_ns, self.symbol, price_e4, block_shares(self._random), True)

    def _price_off_touch_e4(self, roll: float, buys: bool) -> int:
        bid_e4, ask_e4 = self._bid_e4, self._ask_e4
        if IMPROVED <= roll < PAST_QUOTE:
            past_e4 = CENT_E4 * (1 + int(3 * self._random.random() ** 2))
            return ask_e4 + past_e4 if buys else max(LOWEST_E4 // 2, bid_e4 - past_e4)
        if bid_e4 == ask_e4:
            return bid_e4
        if roll < AT_MIDDLE:
            return (bid_e4 + ask_e4) // 2
        if roll < IMPROVED:
            better_e4 = self._random.choice(IMPROVEMENTS_E4)
            return ask_e4 - better_e4 if buys else bid_e4 + better_e4
        return bid_e4 + CENT_E4 * self._random.randint(0, (ask_e4 - bid_e4) // CENT_E4)

    def _take(self, buys: bool, num_shares: int) -> None:
        if buys:
            self._ask_size -= num_shares
            if self._ask_size <= 0:
                self._ask_e4, self._ask_size = self._ask_e4 + CENT_E4, shown_shares(self._random)
        else:
            self._bid_size -= num_shares
            if self._bid_size <= 0:
                self._bid_e4, self._bid_size = max(LOWEST_E4, self._bid_e4 - CENT_E4), shown_shares(self._random)
        if self._ask_e4 - self._bid_e4 > SPREAD_TICKS_MAX * CENT_E4:
            self._follow(buys)

    def _follow(self, bought: bool) -> None:
        """The side that was not taken comes after the one that gave way, so that the spread stays within bounds."""
        if bought:
            self._bid_e4, self._bid_size = self._bid_e4 + CENT_E4, shown_shares(self._random)
        else:
            self._ask_e4, self._ask_size = self._ask_e4 - CENT_E4, shown_shares(self._random)

    def _wander(self, at_ns: int) -> None:
        elapsed_s = min(QUIET_S_MAX, (at_ns - self._touched_ns) / NS_PER_S)
        self._touched_ns = at_ns
        step = self._volatility * math.sqrt(elapsed_s) * self._random.gauss(0.0, 1.0)
        worth = self._worth * (1.0 + step) + (self._anchor - self._worth) * PULL_PER_S * elapsed_s
        lowest = max(WORTH_LEAST_E4, self._anchor * (1 - DAY_MOVE_MAX))
        self._worth = max(lowest, min(self._anchor * (1 + DAY_MOVE_MAX), worth))

    def _requote(self) -> None:
        spread_e4 = self._spread_ticks() * CENT_E4
        self._bid_e4 = int(self._worth - spread_e4 / 2 + CENT_E4 / 2) // CENT_E4 * CENT_E4
        self._ask_e4 = self._bid_e4 + spread_e4
        self._bid_size, self._ask_size = shown_shares(self._random), shown_shares(self._random)

    def _spread_ticks(self) -> int:
        roll = self._random.random()
        if roll < LOCKED_SHARE:
            return 0
        wider = self._wide_ticks + 1 if roll < LOCKED_SHARE + WIDER_SHARE else self._wide_ticks
        return min(SPREAD_TICKS_MAX, wider)


def usual_spread_ticks(price_e4: int, quietness: float) -> int:
    """Cents between bid and ask, 1 to 5: more for dear stocks and for quiet ones."""
    dear = sum(price_e4 > edge_e4 for edge_e4 in (1_000_000, 2_500_000, 5_000_000))
    return min(SPREAD_TICKS_MAX, 1 + dear + (quietness > 0.6) + (quietness > 0.9))
