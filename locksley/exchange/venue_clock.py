"""The exchange's clock, as far as its answers tell: what `not_after_ms` is measured by.

Its answers say what time it is there; between them our monotonic clock goes on. So an order's deadline means the same on both sides
when the two wall clocks differ, and when ours is set while orders are under way.
"""

from locksley.clock import Clock


class VenueClock:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_of_monotonic_ms: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the exchange has been heard. Before that nobody can give an order a deadline that it would keep."""
        return self._ahead_of_monotonic_ms is not None

    def heard(self, now_ms: int) -> None:
        """An answer has just come that was given at `now_ms` of the exchange's clock."""
        self._ahead_of_monotonic_ms = now_ms - self._clock.monotonic_ms()

    def now_ms(self) -> int:
        """Never ahead of the exchange. Only once it is known."""
        assert self._ahead_of_monotonic_ms is not None
        return self._clock.monotonic_ms() + self._ahead_of_monotonic_ms
