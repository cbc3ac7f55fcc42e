"""Failed sign-ins, counted per address and email: the limit that slows a guesser and nobody else."""

from locksley.clock import Clock
from locksley.people.errors import TooManySignIns

COUNTS_MAX = 50_000


class Failures:
    """At most `failures_max` in a window of `window_ms`; the oldest count is forgotten when there are `COUNTS_MAX` of them."""

    def __init__(self, clock: Clock, failures_max: int, window_ms: int) -> None:
        self._clock = clock
        self._failures_max = failures_max
        self._window_ms = window_ms
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}

    def check(self, address: str, email: str) -> None:
        """Raises `TooManySignIns`."""
        count, until_ms = self._counts.get((address, email), (0, 0))
        left_ms = until_ms - self._clock.now_ms()
        if count >= self._failures_max and left_ms > 0:
            raise TooManySignIns(retryAfterMs=min(left_ms, self._window_ms))

    def count(self, address: str, email: str) -> None:
        now_ms = self._clock.now_ms()
        count, until_ms = self._counts.pop((address, email), (0, 0))
        if until_ms <= now_ms or until_ms > now_ms + self._window_ms:
            count, until_ms = 0, now_ms + self._window_ms
        self._counts[address, email] = (count + 1, until_ms)
        if len(self._counts) > COUNTS_MAX:
            del self._counts[next(iter(self._counts))]

    def forget(self, address: str, email: str) -> None:
        self._counts.pop((address, email), None)
