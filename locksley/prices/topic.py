"""Something that many watch, and the bytes that show it as it is now: one symbol's price, or whether prices are live."""

from typing import TYPE_CHECKING

import structlog

from locksley.domain.price import Price
from locksley.prices.frames import price_frame
from locksley.prices.messages import channel_of, decode_price

if TYPE_CHECKING:
    from locksley.prices.watcher import Watcher

log = structlog.get_logger()


class Topic:
    """`frame` is encoded once for all. `now` is the same bytes while a tick is telling of it, and empty for what has not changed."""

    __slots__ = ("frame", "now", "watchers")

    def __init__(self, frame: bytes = b"") -> None:
        self.frame = frame
        self.now = b""
        self.watchers: dict[Watcher, None] = {}

    def encode(self) -> bool:
        """Bring `frame` up to date. Whether it is to be sent to all who watch."""
        return True


class SymbolTopic(Topic):
    """`holders` counts the streams that need it, live or about to be: with the last, the subscription ends."""

    __slots__ = ("_changed", "_dirty", "_num_shares", "_price", "channel", "holders", "subscribed", "symbol")

    def __init__(self, symbol: str, dirty: dict[Topic, None]) -> None:
        super().__init__()
        self.symbol = symbol
        self.channel = channel_of(symbol)
        self.holders = 0
        self.subscribed = False
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
        # Without `version`: this is asked about all that is watched, again and again, and seldom is anything newer.
        if (
            known is None
            or price.epoch > known.epoch
            or (price.epoch == known.epoch and price.sequence > known.sequence)
        ):
            self._price = price
            self._num_shares = self._num_shares or price.last_num_shares
            self._changed = True
            self._dirty[self] = None

    def encode(self) -> bool:
        # The frame only ever moves on to a price at least as new, so that no watcher can see a version go backwards.
        if not self._changed or self._price is None:
            return False
        self.frame = price_frame(self._price, self._num_shares)
        self.now = self.now and self.frame
        self._num_shares = 0
        self._changed = False
        return True

    def snapshot(self) -> None:
        """Bring `frame` up to date for one who comes between two ticks. Those who watch already still get their own in the next."""
        if not self.watchers:
            self.encode()
        elif self._changed and self._price is not None:
            self.frame = price_frame(self._price, self._num_shares)
            # Also for a tick that is under way: whoever has had this frame must not get the one before it.
            self.now = self.now and self.frame
