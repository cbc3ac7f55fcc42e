"""Whether the exchange is known to be down: opens after failures in a row, lets one try through when its pause is over.

What is not sent cannot be in doubt: while the circuit is open a person gets 503 and nothing is stored.
"""

from locksley.clock import Clock

FAILURES_TO_OPEN = 3


class Circuit:
    def __init__(self, clock: Clock, first_pause_ms: int, most_pause_ms: int) -> None:
        self._clock = clock
        self._first_pause_ms = first_pause_ms
        self._most_pause_ms = most_pause_ms
        self._failures = 0
        self._opened_at_ms: int | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_at_ms is not None

    def retry_after_ms(self) -> int:
        """How long to wait before a request may go out; 0: go. When a pause is over, the first to ask is let through to try."""
        if self._opened_at_ms is None:
            return 0
        elapsed_ms = self._clock.monotonic_ms() - self._opened_at_ms
        left_ms = self._pause_ms() - elapsed_ms
        if left_ms > 0:
            return left_ms
        self._opened_at_ms = self._clock.monotonic_ms()
        return 0

    def succeeded(self) -> None:
        self._failures = 0
        self._opened_at_ms = None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._opened_at_ms = self._clock.monotonic_ms()

    def _pause_ms(self) -> int:
        doublings = min(self._failures - FAILURES_TO_OPEN, 16)
        return min(self._first_pause_ms << doublings, self._most_pause_ms)
