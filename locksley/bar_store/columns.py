"""A column of whole numbers as bytes: what they have in common divided out, in the narrowest integers that hold them."""

import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Sequence
from math import gcd
from typing import TypeVar

T = TypeVar("T")

_COLUMN = struct.Struct("<cq")  # type of its integers, what they are multiplied by
_WIDTHS = ((b"b", 1 << 7), (b"h", 1 << 15), (b"i", 1 << 31), (b"q", 1 << 63))
_CODES = {code for code, _ in _WIDTHS}


class Damaged(Exception):
    """These bytes were not packed here, or were changed since."""


def undamaged(unpack: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Raises `Damaged` for whatever `unpack` stumbles over."""

    def checked(packed: bytes) -> T:
        try:
            return unpack(packed)
        except (struct.error, zlib.error, ValueError, OverflowError, MemoryError) as error:
            raise Damaged(str(error)) from error

    return checked


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
        if code not in _CODES:
            raise ValueError(f"no integers are of type {code!r}")
        values = array(code.decode())
        end = place + count * values.itemsize
        values.frombytes(data[place:end])
        if len(values) != count:
            raise ValueError(f"{len(values)} values where there should be {count}")
        place = end
        column = little_endian(values)
        found.append(column if unit == 1 else [value * unit for value in column])
    return found


def little_endian(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
