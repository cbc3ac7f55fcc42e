"""Whose turn it is: few names are busy, most are quiet, and who was busy just now is likely to be so again."""

import math
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from random import Random

from paper_exchange.market.stock import Stock

ZIPF_EXPONENT = 1.05
ECHO_SHARE = 0.4
REMEMBERED = 128


def zipf_share(place: int, count: int) -> float:
    """The share of all activity that falls to the stock at `place` (from 0) of `count`."""
    return float((place + 1) ** -ZIPF_EXPONENT) / _zipf_sum(count)


@lru_cache(maxsize=8)
def _zipf_sum(count: int) -> float:
    return math.fsum(rank**-ZIPF_EXPONENT for rank in range(1, count + 1))


class Crowd:
    """Picks stocks: by Zipf's law over their order, busiest first, or one of the last `REMEMBERED` picked."""

    def __init__(self, stocks: Sequence[Stock], random: Random) -> None:
        self._stocks = stocks
        self._random = random
        self._cumulated = list(accumulate(rank**-ZIPF_EXPONENT for rank in range(1, len(stocks) + 1)))
        self._remembered = [self._by_rank() for _ in range(REMEMBERED)]
        self._oldest = 0

    def pick(self) -> Stock:
        uniform = self._random.random
        echo = uniform() < ECHO_SHARE
        stock = self._remembered[int(uniform() * REMEMBERED)] if echo else self._by_rank()
        self._remembered[self._oldest] = stock
        self._oldest = (self._oldest + 1) % REMEMBERED
        return stock

    def _by_rank(self) -> Stock:
        place = bisect(self._cumulated, self._random.random() * self._cumulated[-1])
        return self._stocks[min(place, len(self._stocks) - 1)]
