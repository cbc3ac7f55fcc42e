"""Bars of one symbol as few bytes: columns of small differences, in the narrowest integers that hold them, compressed.

A price moves little from bar to bar, and most moves are whole cents: a minute takes about eight bytes instead of forty-eight.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, chain
from operator import sub

from locksley.bar_store.columns import SUM_BYTES, columns, decompressed, is_sealed, packed_column, sealed, undamaged
from locksley.domain.bar import Bar

PLAIN, COMPRESSED = 0x71, 0x7E
PLAIN_UNSEALED, COMPRESSED_UNSEALED = 1, 2  # of before rows had a checksum: read, and no longer written
COMPRESSED_FROM_BARS = 24
COLUMNS = 6
NO_PRICE = -1  # in the column of what the high is above open and close

_HEAD = struct.Struct("<BIqq")  # layout, bars, the first `at`, the price that the first open is told from
_bar: Callable[[tuple[int, ...]], Bar] = partial(tuple.__new__, Bar)  # as `Bar._make`, a third of its time


def pack(bars: Sequence[Bar], key: int = 0) -> bytes:
    """`bars` are in time order, and at least one; `key` as `columns.key_of` makes it."""
    ats, opens, highs, lows, closes, volumes = map(list, zip(*bars, strict=True))
    unpriced = 0 in opens
    if unpriced:
        opens, closes = _as_before(opens, closes)
    base_e4 = opens[0]
    # Here and below `max` and `min` would be a call for each bar.
    values = (
        [0, *map(sub, ats[1:], ats)],
        [0, *map(sub, opens[1:], closes)],
        list(map(sub, closes, opens)),
        [high - (open_ if open_ > close else close) for open_, high, close in zip(opens, highs, closes, strict=True)],
        [(open_ if open_ < close else close) - low for open_, low, close in zip(opens, lows, closes, strict=True)],
        volumes,
    )
    if unpriced:
        for place, bar in enumerate(bars):
            if not bar.open_e4:
                values[3][place], values[4][place] = NO_PRICE, 0
    data = b"".join(map(packed_column, values))
    layout = COMPRESSED if len(bars) >= COMPRESSED_FROM_BARS else PLAIN
    head = _HEAD.pack(layout, len(bars), ats[0], base_e4)
    return sealed(head + (zlib.compress(data, 6) if layout == COMPRESSED else data), key)


@undamaged
def unpack(packed: bytes, key: int = 0) -> list[Bar]:
    layout, count, at, base_e4 = _HEAD.unpack_from(packed)
    found = columns(_data(packed, layout, key), count, COLUMNS)
    gaps, jumps, moves, above, below, volumes = found
    ats = list(accumulate(gaps, initial=at))[1:]
    # Open is the close before and a jump, close is open and a move: one running sum gives both, one after the other.
    steps = list(accumulate(chain.from_iterable(zip(jumps, moves, strict=True)), initial=base_e4))
    opens, closes = steps[1::2], steps[2::2]
    highs = [(open_ if open_ > close else close) + up for open_, close, up in zip(opens, closes, above, strict=True)]
    lows = [(open_ if open_ < close else close) - down for open_, close, down in zip(opens, closes, below, strict=True)]
    bars = list(map(_bar, zip(ats, opens, highs, lows, closes, volumes, strict=True)))
    if NO_PRICE in above:
        bars = [
            Bar(bar.at, 0, 0, 0, 0, bar.volume) if up == NO_PRICE else bar for bar, up in zip(bars, above, strict=True)
        ]
    return bars


def _data(packed: bytes, layout: int, key: int) -> bytes:
    if layout in (PLAIN_UNSEALED, COMPRESSED_UNSEALED):
        data = packed[_HEAD.size :]
    elif is_sealed(packed, key):
        data = packed[_HEAD.size : -SUM_BYTES]
    else:
        raise ValueError("the checksum does not fit")
    return decompressed(data) if layout in (COMPRESSED, COMPRESSED_UNSEALED) else data


def _as_before(opens: list[int], closes: list[int]) -> tuple[list[int], list[int]]:
    """Where there is no price, the close before takes its place, so that differences stay small."""
    before = next((price for price in opens if price), 0)
    for place, price in enumerate(opens):
        if not price:
            opens[place] = closes[place] = before
        before = closes[place]
    return opens, closes
