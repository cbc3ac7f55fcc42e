"""Where the market stood at a trade: each symbol's day, so that a restart need not read every trade."""

import zlib
from collections.abc import Sequence

import msgspec

from paper_exchange.exchange import Exchange
from paper_exchange.listed import Day


class Summary(msgspec.Struct, array_like=True, frozen=True):
    """As of trade `number`; the market had come to `market_at_ns`."""

    number: int
    market_at_ns: int
    days: Sequence[Day]


_decoder = msgspec.msgpack.Decoder(Summary)


def summarise(exchange: Exchange) -> bytes:
    days = [listed.day for listed in exchange.listed.values()]
    summary = Summary(exchange.tape.last_number, exchange.market_at_ns, days)
    data = msgspec.msgpack.encode(summary)
    return zlib.crc32(data).to_bytes(4, "little") + data


def read_summary(data: bytes | None) -> Summary | None:
    """None where there is none that is whole: everything is then read from the trades."""
    if data is None or zlib.crc32(data[4:]) != int.from_bytes(data[:4], "little"):
        return None
    return _decoder.decode(data[4:])
