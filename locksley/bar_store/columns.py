"""A column of whole numbers as bytes: what they have in common divided out, in the narrowest integers that hold them."""

import struct
import sys
from array import array
from collections.abc import Sequence
from math import gcd

_COLUMN = struct.Struct("<cq")  # type of its integers, what they are multiplied by
_WIDTHS = ((b"b", 1 << 7), (b"h", 1 << 15), (b"i", 1 << 31), (b"q", 1 << 63))


def packed_column(values: Sequence[int]) -> bytes:
    """At least one value."""
    unit = gcd(*values) or 1
    if unit != 1:
        values = [value // unit for value in values]
    least, most = min(values), max(values)
    code = next(code for code, limit in _WIDTHS if -limit <= least and most < limit)
    return _COLUMN.pack(code, unit) + little_endian(array(code.decode(), values)).tobytes()


def columns(data: bytes, count: int, number: int) -> list[Sequence[int]]:
    found: list[Sequence[int]] = []
    place = 0
    for _ in range(number):
        code, unit = _COLUMN.unpack_from(data, place)
        place += _COLUMN.size
        values = array(code.decode())
        end = place + count * values.itemsize
        values.frombytes(data[place:end])
        place = end
        column = little_endian(values)
        found.append(column if unit == 1 else [value * unit for value in column])
    return found


def little_endian(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
