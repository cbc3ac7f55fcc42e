"""Failed sign-ins, counted per address and email, and per address: the limits that slow a guesser and nobody else.

Sign-ins that are being checked count as failed until it is known: who guesses many passwords at once gains nothing by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from locksley.clock import Clock
from locksley.domain.errors import RateLimit, WrongCredentials
from locksley.people.errors import TooManySignIns

COUNTS_MAX = 50_000
CHECKING_MS_MAX = 1_000

Of = tuple[str, str]


class Failures:
    """At most `failures_max` in a window of `window_ms`, and `per_address_max` with any emails but for addresses that are `unlimited`; the
    oldest count is forgotten when there are `COUNTS_MAX` of them."""

    def __init__(
        self,
        clock: Clock,
        failures_max: int,
        per_address_max: int,
        window_ms: int,
        *,
        unlimited: frozenset[str] = frozenset(),
    ) -> None:
        self._clock = clock
        self._failures_max = failures_max
        self._per_address_max = per_address_max
        self._window_ms = window_ms
        self._unlimited = unlimited
        self._counts: dict[Of, tuple[int, int]] = {}
        self._checking: dict[Of, int] = {}

    @contextmanager
    def attempt(self, address: str, email: str) -> Iterator[None]:
        """Around the check of a password. Raises `TooManySignIns`. `WrongCredentials` in it counts; its good end forgets those
        of this email."""
        limits = {(address, email): self._failures_max}
        if address not in self._unlimited:
            limits[address, ""] = self._per_address_max
        for of, most in limits.items():
            self._refuse_past(of, most)
        for of in limits:
            self._checking[of] = self._checking.get(of, 0) + 1
        try:
            yield
            self._counts.pop((address, email), None)
        except WrongCredentials:
            for of in limits:
                self._count(of)
            raise
        finally:
            for of in limits:
                self._checked(of)

    def _refuse_past(self, of: Of, most: int) -> None:
        count, until_ms = self._counts.get(of, (0, 0))
        left_ms = min(until_ms - self._clock.now_ms(), self._window_ms)
        failed = count if left_ms > 0 else 0
        if failed >= most:
            raise self._refusal(most, left_ms)
        if failed + self._checking.get(of, 0) >= most:
            raise self._refusal(most, CHECKING_MS_MAX)

    def _refusal(self, most: int, left_ms: int) -> TooManySignIns:
        return TooManySignIns(retryAfterMs=left_ms, rateLimit=RateLimit("signins", most, self._window_ms))

    def _count(self, of: Of) -> None:
        now_ms = self._clock.now_ms()
        count, until_ms = self._counts.pop(of, (0, 0))
        if until_ms <= now_ms or until_ms > now_ms + self._window_ms:
            count, until_ms = 0, now_ms + self._window_ms
        self._counts[of] = (count + 1, until_ms)
        if len(self._counts) > COUNTS_MAX:
            del self._counts[next(iter(self._counts))]

    def _checked(self, of: Of) -> None:
        """Bounded by the passwords that may be checked or wait for that at once."""
        left = self._checking[of] - 1
        if left:
            self._checking[of] = left
        else:
            del self._checking[of]
