"""Settled trades of one symbol as few bytes: compressed columns of differences."""

import struct
import zlib
from itertools import accumulate
from operator import sub

from locksley.bar_store.columns import SUM_BYTES, columns, decompressed, is_sealed, packed_column, sealed, undamaged
from locksley.domain.ticks import Ticks

COLUMNS = 3
LEVEL = 1  # of compression: more takes three times as long, and saves a tenth

_HEAD = struct.Struct("<Iqq")  # trades, the first moment, the first price


def pack_ticks(ticks: Ticks, key: int = 0) -> bytes:
    """At least one; `key` as `columns.key_of` makes it."""
    at_ms, price_e4, shares = ticks
    values = ([0, *map(sub, at_ms[1:], at_ms)], [0, *map(sub, price_e4[1:], price_e4)], shares)
    data = b"".join(map(packed_column, values))
    return sealed(_HEAD.pack(len(at_ms), at_ms[0], price_e4[0]) + zlib.compress(data, LEVEL), key)


@undamaged
def unpack_ticks(packed: bytes, key: int = 0) -> Ticks:
    count, at_ms, price_e4 = _HEAD.unpack_from(packed)
    # Rows of before there were checksums end with their columns; one whose checksum does not fit has it behind them.
    data = packed[_HEAD.size : -SUM_BYTES] if is_sealed(packed, key) else packed[_HEAD.size :]
    gaps, moves, shares = columns(decompressed(data), count, COLUMNS)
    times, prices = accumulate(gaps, initial=at_ms), accumulate(moves, initial=price_e4)
    return Ticks(list(times)[1:], list(prices)[1:], list(shares))
