"""A symbol's latest price and the day around it, and how a trade moves them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from locksley.domain.money import shown_price_cents


class Version(NamedTuple):
    """Which of two prices is newer: the feed's epoch, then its sequence in it. Compares as a tuple."""

    epoch: int
    sequence: int


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


class Price(msgspec.Struct, gc=False):
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
