"""How often one person may do something: a bucket of so many, refilled at so many a second."""

from locksley.clock import Clock
from locksley.domain.errors import TooManyRequests

PEOPLE_MAX = 100_000
US_PER_SECOND = 1_000_000
US_PER_MS = 1_000


class Bucket:
    """Kept as one number per person: when the bucket will be full again. A full one need not be kept."""

    def __init__(self, clock: Clock, per_second: int, name: str = "person") -> None:
        self._clock = clock
        self._name = name
        self._size = per_second
        self._refill_us = US_PER_SECOND // per_second
        self._full_at_us: dict[str, int] = {}

    def take(self, user_id: str) -> None:
        """Raises `TooManyRequests`, and takes nothing, when the bucket is empty."""
        now_us = self._clock.monotonic_ms() * US_PER_MS
        empty_us = self._size * self._refill_us
        full_at_us = max(now_us, self._full_at_us.pop(user_id, now_us))
        wait_us = full_at_us + self._refill_us - now_us - empty_us
        self._full_at_us[user_id] = full_at_us if wait_us > 0 else full_at_us + self._refill_us
        if len(self._full_at_us) > PEOPLE_MAX:
            del self._full_at_us[next(iter(self._full_at_us))]
        if wait_us > 0:
            raise self._refusal(wait_us)

    def _refusal(self, wait_us: int) -> TooManyRequests:
        wait_ms = -(-wait_us // US_PER_MS)
        wait_s = -(-wait_us // US_PER_SECOND)
        headers = {
            "ratelimit": f'"{self._name}";r=0;t={wait_s}',
            "ratelimit-policy": f'"{self._name}";q={self._size};w=1',
        }
        return TooManyRequests(
            f"At most {self._size} a second; try again in {wait_ms} ms.", retryAfterMs=wait_ms, rateLimit=headers
        )
