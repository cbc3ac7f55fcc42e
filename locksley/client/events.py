"""What the live streams tell, as frozen structs."""

from datetime import datetime

from locksley.client.shapes import Answer, Order


class PriceUpdate(Answer, frozen=True, kw_only=True):
    """`num_shares` traded since the update before; `day_volume` since the market opened."""

    symbol: str
    price_in_cents: int
    num_shares: int
    day_volume: int
    timestamp: datetime
    epoch: int
    sequence: int


class FeedStatus(Answer, frozen=True, kw_only=True):
    """Whether prices are stale: the broker has heard nothing of its exchange for a while."""

    stale: bool


class OrderUpdate(Answer, frozen=True, kw_only=True):
    """`number` counts a person's updates; None in the snapshot after a `Reset`, but for its last order."""

    number: int | None
    order: Order


class Reset(Answer, frozen=True, kw_only=True):
    """Updates were missed that are no longer kept: forget what you know of the orders, what follows says how they stand."""


PriceEvent = PriceUpdate | FeedStatus
OrderEventOfStream = OrderUpdate | Reset
