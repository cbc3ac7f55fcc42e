"""The parameters of a request: read strictly, each mistake with a sentence."""

from collections.abc import Mapping, Sequence

from paper_exchange.moment import SECOND_NS, from_wire

Query = Mapping[str, Sequence[str]]

NUMBER_MAX = 2**62
_UNITS_NS = {"s": SECOND_NS, "m": 60 * SECOND_NS, "h": 3_600 * SECOND_NS, "d": 86_400 * SECOND_NS}


class BadRequest(Exception):
    """The request is not one that can be answered; the message says what to do."""


def only(query: Query, *names: str) -> None:
    """Refuses parameters other than these."""
    for name in query:
        if name not in names:
            known = f"this takes {', '.join(names)}" if names else "this takes none"
            raise BadRequest(f"unknown parameter {name!r:.60}; {known}")


def text(query: Query, name: str) -> str | None:
    values = query.get(name, ())
    if len(values) > 1:
        raise BadRequest(f"{name} is given {len(values)} times; give it once")
    return values[0] if values else None


def whole_number(query: Query, name: str) -> int | None:
    value = text(query, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 20 and int(value) <= NUMBER_MAX):
        raise BadRequest(f"{name} must be a whole number from 0 to {NUMBER_MAX}, not {value!r:.40}")
    return int(value)


def moment_ns(query: Query, name: str) -> int | None:
    value = text(query, name)
    if value is None:
        return None
    try:
        return from_wire(value)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}") from None


def interval_ns(query: Query) -> int:
    """`1m`, `5m`, `1h`, `1d`; a day unless told otherwise."""
    value = text(query, "interval")
    value = "1d" if value is None else value
    count, unit = value[:-1], value[-1:]
    if unit not in _UNITS_NS or not (count.isascii() and count.isdecimal() and len(count) <= 5 and int(count) > 0):
        raise BadRequest(f"interval must be a number and one of s, m, h, d, such as 1m or 1d, not {value!r:.40}")
    return int(count) * _UNITS_NS[unit]


def cursor(query: Query) -> int:
    """A cursor of ours is a number; whatever else is not one that was given out."""
    return whole_number(query, "cursor") or 0
