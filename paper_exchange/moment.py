"""Moments on the wire: RFC 3339 in UTC, to the microsecond. Inside, nanoseconds since 1970 (`_ns`)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_wire(at_ns: int) -> str:
    second, rest_ns = divmod(at_ns, SECOND_NS)
    return f"{_second_to_wire(second)}.{rest_ns // 1000:06d}Z"


def to_ns(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000


def from_wire(text: str) -> int:
    """Raises ValueError with a sentence when `text` is not an RFC 3339 time with an offset."""
    try:
        return to_ns(msgspec.convert(text, Moment))
    except (msgspec.ValidationError, OverflowError):
        raise ValueError(f"{text!r:.60} is not an RFC 3339 time such as 2026-11-22T15:04:05Z") from None


@lru_cache(maxsize=64)
def _second_to_wire(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
