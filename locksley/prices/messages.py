"""A price on the bus: its channel and its bytes."""

import msgspec

from locksley.domain.price import Price

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Price).decode


def channel_of(symbol: str) -> str:
    return f"symbol:{symbol}"


def encode_price(price: Price) -> bytes:
    return _encode(price)


def decode_price(payload: bytes) -> Price:
    """Raises `msgspec.DecodeError`."""
    return _decode(payload)
