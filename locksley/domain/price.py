"""A symbol's latest price and the day around it, and how a trade moves them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from locksley.domain.market_day import market_day
from locksley.domain.money import shown_price_cents


class Version(NamedTuple):
    """Which of two prices is newer: the feed's epoch, then its sequence in it. Compares as a tuple."""

    epoch: int
    sequence: int


class LastPrice(NamedTuple):
    """What an order is priced by. `stale`: it is not live at this moment."""

    price_cents: int
    stale: bool


class Trade(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A trade on the exchange, ours or not, as its feed tells it.

    `timestamp_ms` is the market's time (the tape's, in a replay), `sent_at_ms` the wall clock's when the exchange sent it;
    both in milliseconds since 1970 UTC. `order_ids` are the external order ids of its two sides where the exchange names them.
    """

    epoch: int
    sequence: int
    trade_id: str
    symbol: str
    price_e4: int
    num_shares: int
    timestamp_ms: int
    sent_at_ms: int
    order_ids: Sequence[str] = ()
    off_market: bool = False

    @property
    def version(self) -> Version:
        return Version(self.epoch, self.sequence)


class Price(msgspec.Struct, frozen=True, gc=False):
    """What is known of a symbol: its latest price, and the day's open, high, low and volume (None and 0 before the first trade).

    `version` is that of the latest price, which off-market prints do not move. `updated_at_ms` is the market's time of it.
    """

    symbol: str
    name: str
    price_e4: int
    previous_close_e4: int
    day_open_e4: int | None
    day_high_e4: int | None
    day_low_e4: int | None
    day_volume: int
    epoch: int
    sequence: int
    updated_at_ms: int
    last_num_shares: int = 0

    @property
    def version(self) -> Version:
        return Version(self.epoch, self.sequence)

    @property
    def price_cents(self) -> int:
        return shown_price_cents(self.price_e4)


class Day(msgspec.Struct, gc=False):
    """A symbol's day as trades move it: whatever the order they come in, each counted once, the same trades give the same day.

    `version` is the latest price's, `close_version` that of the price which became the previous close, `open_version` the day's first.
    Trades up to `as_of` are in the figures already. `day` is the market day that the figures are of, 0 while that is not known.
    """

    symbol: str
    name: str
    price_e4: int
    version: Version
    updated_at_ms: int
    previous_close_e4: int
    day: int
    as_of: Version
    open_e4: int | None = None
    high_e4: int | None = None
    low_e4: int | None = None
    volume: int = 0
    open_version: Version = Version(0, 0)
    close_version: Version = Version(0, 0)

    def trade(self, trade: Trade) -> bool:
        """Take a trade that was not taken before. Whether it moved anything."""
        version = trade.version
        if version <= self.as_of:
            return False
        day = market_day(trade.timestamp_ms)
        if day > self.day:
            self._begin(day)
        if day == self.day:
            self.volume += trade.num_shares
        if not trade.off_market:
            self._on_market(trade, version, day)
        return True

    def price(self, last_num_shares: int) -> Price:
        """As it now stands; `last_num_shares` traded since it was last shown."""
        return Price(
            self.symbol,
            self.name,
            self.price_e4,
            self.previous_close_e4,
            self.open_e4,
            self.high_e4,
            self.low_e4,
            self.volume,
            self.version.epoch,
            self.version.sequence,
            self.updated_at_ms,
            last_num_shares,
        )

    def _begin(self, day: int) -> None:
        before, self.day = self.day, day
        if not before:
            return
        self.previous_close_e4, self.close_version = self.price_e4, self.version
        self.open_e4 = self.high_e4 = self.low_e4 = None
        self.volume = 0

    def _on_market(self, trade: Trade, version: Version, day: int) -> None:
        price_e4 = trade.price_e4
        if version > self.version:
            self.version, self.price_e4, self.updated_at_ms = version, price_e4, trade.timestamp_ms
        if day < self.day:
            if version > self.close_version:
                self.close_version, self.previous_close_e4 = version, price_e4
        elif self.open_e4 is None or self.high_e4 is None or self.low_e4 is None:
            self.open_e4 = self.high_e4 = self.low_e4 = price_e4
            self.open_version = version
        else:
            self._widen(price_e4, version)

    def _widen(self, price_e4: int, version: Version) -> None:
        self.high_e4 = max(self.high_e4 or price_e4, price_e4)
        self.low_e4 = min(self.low_e4 or price_e4, price_e4)
        if version < self.open_version:
            self.open_e4, self.open_version = price_e4, version
