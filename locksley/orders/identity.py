"""Order ids: UUID version 7 (RFC 9562), so that a later order has a greater id, with a mark that only this broker can have made.

The exchange's record holds everybody's orders, and says of none who sent it. So the last bits of an id follow from the others by a
secret: an order there that our database does not have is ours, and lost, if its id bears our mark; else it is another's. Only of a
time before there was this secret nobody can tell.
"""

from collections.abc import Callable
from enum import Enum
from hashlib import blake2b
from uuid import UUID

RandomBits = Callable[[int], int]

MARK_BYTES = 4  # another's id bears our mark by chance once in four thousand million

VERSION = 7

_VERSION_7 = VERSION << 76
_VARIANT = 0b10 << 62
_MARK_BITS = 8 * MARK_BYTES


class Origin(Enum):
    """Who has made an id. UNCLEAR: another, or this broker before it had its secret."""

    OURS = "ours"
    ANOTHERS = "another's"
    UNCLEAR = "unclear"


class OrderIds:
    """Ids that only grow within a process, even when the clock stands still or jumps back.

    `secret`: up to 64 bytes. `marked_since_ms`: before, this broker made ids without its mark; 0: it never did.
    """

    def __init__(self, random_bits: RandomBits, secret: bytes = b"", marked_since_ms: int = 0) -> None:
        self._random_bits = random_bits
        self._secret = secret
        self._marked_since_ms = marked_since_ms
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
        return str(UUID(int=self._marked(value)))

    def is_ours(self, order_id: str) -> bool:
        """Whether it was made with this secret; any text may be asked about."""
        return self.origin(order_id) is Origin.OURS

    def origin(self, order_id: str) -> Origin:
        """Any text may be asked about."""
        try:
            value = UUID(order_id)
        except ValueError:
            return Origin.ANOTHERS
        if str(value) != order_id or value.version != VERSION:
            return Origin.ANOTHERS
        if self._marked(value.int) == value.int:
            return Origin.OURS
        return Origin.UNCLEAR if value.int >> 80 < self._marked_since_ms else Origin.ANOTHERS

    def _marked(self, value: int) -> int:
        rest = value >> _MARK_BITS
        mark = blake2b(rest.to_bytes(16 - MARK_BYTES, "big"), digest_size=MARK_BYTES, key=self._secret).digest()
        return rest << _MARK_BITS | int.from_bytes(mark, "big")
