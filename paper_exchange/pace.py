"""The market's clock: the wall clock, a tape's time at some speed, or, as fast as it goes, the last event's time."""

import time
from collections.abc import Callable

from paper_exchange.exchange import Exchange
from paper_exchange.moment import SECOND_NS


class PacedClock:
    """Market time from `starts_at_ns` on, `speed` times as fast as real time. It stands still until it is started."""

    def __init__(self, starts_at_ns: int, speed: float, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._starts_at_ns = starts_at_ns
        self._speed = speed
        self._monotonic_ns = monotonic_ns
        self._started_ns: int | None = None

    def start(self) -> None:
        self._started_ns = self._monotonic_ns()

    def __call__(self) -> int:
        if self._started_ns is None:
            return self._starts_at_ns
        return self._starts_at_ns + int((self._monotonic_ns() - self._started_ns) * self._speed)


class Pace:
    """How fast the market goes. `speed` None: as fast as it can. `follows_wall`: its time is the wall clock's."""

    def __init__(self, speed: float | None, follows_wall: bool) -> None:
        self.speed = speed
        self._paced: PacedClock | None = None
        self._follows_wall = follows_wall and speed == 1

    def set_clock(self, exchange: Exchange, starts_at_ns: int) -> None:
        if self._follows_wall:
            exchange.market_clock = exchange.clock
        elif self.speed is None:
            exchange.market_clock = lambda: exchange.market_at_ns
        else:
            self._paced = PacedClock(starts_at_ns, self.speed)
            exchange.market_clock = self._paced

    def start(self) -> None:
        if self._paced is not None:
            self._paced.start()

    def seconds_until(self, at_ns: int, now_ns: int) -> float:
        return 0.0 if self.speed is None else (at_ns - now_ns) / SECOND_NS / self.speed
