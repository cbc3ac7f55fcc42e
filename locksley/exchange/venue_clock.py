"""The exchange's clock, as far as its answers tell: what `not_after_ms` is measured by.

Its answers say what time it is there; between them our monotonic clock goes on. So an order's deadline means the same on both sides
when the two wall clocks differ, and when ours is set while orders are under way.
"""

from locksley.clock import Clock


class VenueClock:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_of_monotonic_ms: int | None = None

    def heard(self, now_ms: int) -> None:
        """An answer has just come that was given at `now_ms` of the exchange's clock."""
        self._ahead_of_monotonic_ms = now_ms - self._clock.monotonic_ms()

    def now_ms(self) -> int:
        """Never ahead of the exchange, once it was heard; our own wall clock until then."""
        if self._ahead_of_monotonic_ms is None:
            return self._clock.now_ms()
        return self._clock.monotonic_ms() + self._ahead_of_monotonic_ms
