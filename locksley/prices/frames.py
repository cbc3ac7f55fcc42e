"""What a watcher is sent, as the bytes of server-sent events."""

import msgspec

from locksley.clock import rfc3339
from locksley.domain.price import Price

HEARTBEAT = b":\n\n"


class _PriceData(msgspec.Struct, rename="camel"):
    symbol: str
    price_in_cents: int
    num_shares: int
    day_volume: int
    timestamp: str
    epoch: int
    sequence: int


_encode = msgspec.json.Encoder().encode


def price_frame(price: Price, num_shares: int) -> bytes:
    """`num_shares`: traded since the frame before."""
    data = _PriceData(
        price.symbol,
        price.price_cents,
        num_shares,
        price.day_volume,
        rfc3339(price.updated_at_ms),
        price.epoch,
        price.sequence,
    )
    return b"id: %d-%d\nevent: price\ndata: %b\n\n" % (price.epoch, price.sequence, _encode(data))


def stream_frame(stream_id: str, retry_ms: int) -> bytes:
    return b"retry: %d\nevent: stream\ndata: %b\n\n" % (retry_ms, _encode({"streamId": stream_id}))


def status_frame(stale: bool) -> bytes:
    return b"event: status\ndata: %b\n\n" % _encode({"stale": stale})
