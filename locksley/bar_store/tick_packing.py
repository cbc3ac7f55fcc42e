"""Settled trades of one symbol as few bytes: compressed columns of differences."""

import struct
import zlib
from itertools import accumulate
from operator import sub

from locksley.bar_store.columns import columns, packed_column, undamaged
from locksley.domain.ticks import Ticks

COLUMNS = 3
LEVEL = 1  # of compression: more takes three times as long, and saves a tenth

_HEAD = struct.Struct("<Iqq")  # trades, the first moment, the first price


def pack_ticks(ticks: Ticks) -> bytes:
    """At least one."""
    at_ms, price_e4, shares = ticks
    values = ([0, *map(sub, at_ms[1:], at_ms)], [0, *map(sub, price_e4[1:], price_e4)], shares)
    data = b"".join(map(packed_column, values))
    return _HEAD.pack(len(at_ms), at_ms[0], price_e4[0]) + zlib.compress(data, LEVEL)


@undamaged
def unpack_ticks(packed: bytes) -> Ticks:
    count, at_ms, price_e4 = _HEAD.unpack_from(packed)
    gaps, moves, shares = columns(zlib.decompress(packed[_HEAD.size :]), count, COLUMNS)
    times, prices = accumulate(gaps, initial=at_ms), accumulate(moves, initial=price_e4)
    return Ticks(list(times)[1:], list(prices)[1:], list(shares))


@undamaged
def count_of_ticks(packed: bytes) -> int:
    """How many there are in it, without unpacking."""
    count: int = _HEAD.unpack_from(packed)[0]
    return count
