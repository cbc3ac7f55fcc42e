"""The exchange's clock, as far as its answers tell: what `not_after_ms` is measured by.

Its answers say what time it is there; between them our monotonic clock goes on. So an order's deadline means the same on both sides
when the two wall clocks differ, and when ours is set while orders are under way.
"""

from locksley.clock import Clock

REMEMBERED_MS = 30_000


class VenueClock:
    """An answer was given before it came, so the exchange's clock is at least what it says: the answer that is the most ahead is
    the nearest to the truth. It is remembered for one to two spans of `REMEMBERED_MS`, so that a clock that runs slower than ours is
    followed. No answer is under way for longer than `call_timeout_ms`: one that lags by more tells that their clock was set back."""

    def __init__(self, clock: Clock, call_timeout_ms: int = 5_000) -> None:
        self._clock = clock
        self._call_timeout_ms = call_timeout_ms
        self._span_began_ms = clock.monotonic_ms()
        self._span_before: int | None = None
        self._span: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the exchange has been heard. Before that nobody can give an order a deadline that it would keep."""
        return self._span is not None

    def heard(self, now_ms: int) -> None:
        """An answer has just come that was given at `now_ms` of the exchange's clock."""
        monotonic_ms = self._clock.monotonic_ms()
        ahead_ms = now_ms - monotonic_ms
        if self._span is not None and ahead_ms < self._most_ahead_ms() - self._call_timeout_ms:
            self._span_before = self._span = None
        if monotonic_ms - self._span_began_ms >= REMEMBERED_MS:
            self._span_began_ms, self._span_before, self._span = monotonic_ms, self._span, None
        self._span = ahead_ms if self._span is None else max(self._span, ahead_ms)

    def now_ms(self) -> int:
        """Ahead of the exchange only by what its clock was set back a short while ago. Only once it is known."""
        return self._clock.monotonic_ms() + self._most_ahead_ms()

    def _most_ahead_ms(self) -> int:
        assert self._span is not None
        return self._span if self._span_before is None else max(self._span, self._span_before)
