"""A column of whole numbers as bytes: what they have in common divided out, in the narrowest integers that hold them; and the checksum
behind all of a row's columns, by which bytes that something else changed are known."""

import contextlib
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Sequence
from math import gcd
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

_COLUMN = struct.Struct("<cq")  # type of its integers, what they are multiplied by
_CODES = "bhiq"
_SUM = struct.Struct("<I")
SUM_BYTES = _SUM.size


class Damaged(Exception):
    """These bytes were not packed here, or were changed since."""


def undamaged(unpack: Callable[P, T]) -> Callable[P, T]:
    """Raises `Damaged` for whatever `unpack` stumbles over."""

    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return unpack(*args, **kwargs)
        except (struct.error, zlib.error, ValueError, OverflowError, MemoryError) as error:
            raise Damaged(str(error)) from error

    return checked


def key_of(*numbers: int) -> int:
    """What a row's checksum begins with, so that it fits only in the place of the table that the row was written to; 0: in any."""
    return zlib.crc32(struct.pack(f"<{len(numbers)}q", *numbers))


def sealed(packed: bytes | bytearray, key: int) -> bytes:
    """With a checksum behind it."""
    return b"".join((packed, _SUM.pack(zlib.crc32(packed, key))))


def is_sealed(packed: bytes, key: int) -> bool:
    """Whether it ends with its checksum, of this place or of any."""
    data, checksum = memoryview(packed)[:-SUM_BYTES], packed[-SUM_BYTES:]
    return any(_SUM.pack(zlib.crc32(data, one)) == checksum for one in (key, 0))


def decompressed(data: bytes) -> bytes:
    """All of it: with anything behind, it is a row whose checksum does not fit."""
    stream = zlib.decompressobj()
    found = stream.decompress(data)
    if not stream.eof or stream.unused_data:
        raise ValueError("the compressed columns end too early or too late")
    return found


def packed_column(values: Sequence[int]) -> bytes:
    """At least one value."""
    unit = gcd(*values) or 1
    if unit != 1:
        values = [value // unit for value in values]
    narrowest = _narrowest(values)
    return _COLUMN.pack(narrowest.typecode.encode(), unit) + little_endian(narrowest).tobytes()


def _narrowest(values: Sequence[int]) -> "array[int]":
    """Raises `OverflowError` for what needs more than 64 bits."""
    for code in _CODES[:-1]:
        with contextlib.suppress(OverflowError):
            return array(code, values)
    return array(_CODES[-1], values)


def columns(data: bytes, count: int, number: int) -> list[Sequence[int]]:
    found: list[Sequence[int]] = []
    place = 0
    for _ in range(number):
        type_code, unit = _COLUMN.unpack_from(data, place)
        code = type_code.decode("latin-1")
        place += _COLUMN.size
        if code not in _CODES:
            raise ValueError(f"no integers are of type {code!r}")
        values = array(code)
        end = place + count * values.itemsize
        values.frombytes(data[place:end])
        if len(values) != count:
            raise ValueError(f"{len(values)} values where there should be {count}")
        place = end
        column = little_endian(values)
        found.append(column if unit == 1 else [value * unit for value in column])
    if place != len(data):
        raise ValueError(f"{len(data) - place} bytes behind the last column")
    return found


def little_endian(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
