"""Time, injected: the system's, or one that a test moves by hand."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """The wall clock, in milliseconds since 1970 UTC. It can jump."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment; it never jumps and never goes back."""
        ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class ManualClock:
    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def advance(self, by_ms: int) -> None:
        self._now_ms += by_ms
        self._monotonic_ms += by_ms

    def jump(self, by_ms: int) -> None:
        """As when somebody sets the wall clock."""
        self._now_ms += by_ms


def rfc3339(at_ms: int) -> str:
    """`2026-11-22T15:04:05.123Z`."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03}Z"


@lru_cache(maxsize=1_024)
def _second(at_s: int) -> str:
    """Many times are told in the same second."""
    return datetime.fromtimestamp(at_s, UTC).isoformat()[: len("2026-11-22T15:04:05")]
