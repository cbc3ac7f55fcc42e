"""Something that many watch, and the bytes that show it as it is now: one symbol's price, or whether prices are live."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from locksley.domain.price import Price
from locksley.prices.frames import price_frame
from locksley.prices.messages import channel_of, decode_price

if TYPE_CHECKING:
    from locksley.prices.watcher import Watcher

log = structlog.get_logger()


class Topic:
    """`frame` is encoded once for all watchers. `marks` has, for each live watcher, what marks the topic as changed for it."""

    __slots__ = ("frame", "marks")

    def __init__(self, frame: bytes = b"") -> None:
        self.frame = frame
        self.marks: dict[Watcher, Callable[[Topic], None]] = {}

    def encode(self) -> bool:
        """Bring `frame` up to date. Whether it is to be sent to all who watch."""
        return True


class SymbolTopic(Topic):
    """`holders` are the streams that need it, live or about to be: with the last, the subscription ends."""

    __slots__ = ("_changed", "_dirty", "_num_shares", "_price", "channel", "holders", "symbol")

    def __init__(self, symbol: str, dirty: dict[Topic, None]) -> None:
        super().__init__()
        self.symbol = symbol
        self.channel = channel_of(symbol)
        self.holders = 0
        self._dirty = dirty
        self._price: Price | None = None
        self._num_shares = 0
        self._changed = False

    def hear(self, _channel: str, payload: bytes) -> None:
        """A message of the bus."""
        price = decode_price(payload)
        known = self._price
        self._num_shares += price.last_num_shares
        if known is None or price.version >= known.version:
            self._price = price
        self._changed = True
        self._dirty[self] = None

    def offer(self, price: Price) -> None:
        """A price of the cache, which may be newer than what the bus has brought, or older."""
        known = self._price
        if known is None or price.version > known.version:
            self._price = price
            self._num_shares = self._num_shares or price.last_num_shares
            self._changed = True
            self._dirty[self] = None

    def encode(self) -> bool:
        # The frame only ever moves on to a price at least as new, so that no watcher can see a version go backwards.
        if not self._changed or self._price is None:
            return False
        self.frame = price_frame(self._price, self._num_shares)
        self._num_shares = 0
        self._changed = False
        return True

    def snapshot(self) -> None:
        """Bring `frame` up to date for one who comes between two ticks. Those who watch already still get their own in the next."""
        if not self.marks:
            self.encode()
        elif self._changed and self._price is not None:
            self.frame = price_frame(self._price, self._num_shares)
