"""Order ids: UUID version 7 (RFC 9562), so that a later order has a greater id."""

from collections.abc import Callable
from uuid import UUID

RandomBits = Callable[[int], int]

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


class OrderIds:
    """Ids that only grow within a process, even when the clock stands still or jumps back."""

    def __init__(self, random_bits: RandomBits) -> None:
        self._random_bits = random_bits
        self._last_ms = 0
        self._counter = 0

    def new(self, now_ms: int) -> str:
        if now_ms > self._last_ms:
            self._last_ms = now_ms
            self._counter = self._random_bits(11)
        else:
            self._counter += 1
            if self._counter >= 1 << 12:
                self._last_ms += 1
                self._counter = 0
        value = self._last_ms << 80 | _VERSION_7 | self._counter << 64 | _VARIANT | self._random_bits(62)
        return str(UUID(int=value))
