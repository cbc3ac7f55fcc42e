"""How bars are cut into rows: a row holds the bars of one span of its size; that of seconds holds the trades instead.

The row that an hour goes into is written anew: it must be short. Reading takes many rows at once: it must not be too short. What a row had
that can not be read is made of the rows of the next finer size, as it was in the first place.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TypeVar

import apsw
import structlog

from locksley.bar_store.columns import Damaged, key_of
from locksley.bar_store.packing import pack, unpack
from locksley.bar_store.tick_packing import pack_ticks, unpack_ticks
from locksley.domain.bar import Bar, Size, folded
from locksley.domain.intervals import UNIT_MS, place_at, starts_ms
from locksley.domain.market_day import EARLIEST_DAY, market_day
from locksley.domain.ticks import AFTER_ALL_MS, NONE, Ticks, bars_of, between

log = structlog.get_logger()

BARS_PER_SPAN = {Size.SECOND: 3_600, Size.MINUTE: 360, Size.HOUR: 24 * 8, Size.DAY: 64}

_ONE = "SELECT bars FROM settled WHERE symbol_id = ? AND size = ? AND span = ?"
_BACK_HISTORY = "SELECT 1 FROM back_history WHERE symbol_id = ? AND size = ?"
_SINCE = "SELECT since_ms FROM kept"
_PUT = "INSERT OR REPLACE INTO settled (symbol_id, size, span, bars) VALUES (?, ?, ?, ?)"

T = TypeVar("T")
Change = Callable[[list[Bar], list[Bar]], list[Bar]]


def span_of(size: Size, at: int) -> int:
    return at // BARS_PER_SPAN[size]


def read_span(connection: apsw.Connection, symbol_id: int, size: Size, span: int) -> list[Bar]:
    """Of minutes, hours or days."""
    row = connection.execute(_ONE, (symbol_id, size, span)).fetchone()
    return bars_in(connection, row[0], symbol_id, size, span) if row else []


def read_ticks(connection: apsw.Connection, symbol_id: int, span: int) -> Ticks | None:
    """None: they can not be read."""
    row = connection.execute(_ONE, (symbol_id, Size.SECOND, span)).fetchone()
    return ticks_in(row[0], symbol_id, span) if row else NONE


def bars_in(connection: apsw.Connection, packed: bytes, symbol_id: int, size: Size, span: int) -> list[Bar]:
    """What a row has, or else what can be had of it."""
    bars = _read(unpack, packed, symbol_id, size, span)
    return _made_again(connection, symbol_id, size, span) if bars is None else bars


def ticks_in(packed: bytes, symbol_id: int, span: int) -> Ticks | None:
    return _read(unpack_ticks, packed, symbol_id, Size.SECOND, span)


def _read(read: Callable[[bytes, int], T], packed: bytes, symbol_id: int, size: Size, span: int) -> T | None:
    """None for a row whose bytes were changed by something else."""
    try:
        return read(packed, key_of(symbol_id, size, span))
    except Damaged as error:
        log.error("bars_row_damaged", symbol_id=symbol_id, size=size.name.lower(), span=span, error=str(error))
        return None


def _made_again(connection: apsw.Connection, symbol_id: int, size: Size, span: int) -> list[Bar]:
    """From the next finer bars, as far as those are kept. Days of before keeping began came from elsewhere: there may be hours of a part of
    them only."""
    since_ms = connection.execute(_SINCE).get or 0
    first, last = span * BARS_PER_SPAN[size], (span + 1) * BARS_PER_SPAN[size] - 1
    if size is Size.DAY:
        first = max(first, market_day(since_ms), EARLIEST_DAY)
    if first > last:
        return []
    first_ms, end_ms = starts_ms(size, first), starts_ms(size, last + 1)
    if size is Size.MINUTE:
        return _minutes_of_trades(
            connection, symbol_id, max(first_ms, starts_ms(size, place_at(size, since_ms))), end_ms
        )
    finer = Size(size - 1)
    bars = bars_between(connection, symbol_id, finer, place_at(finer, first_ms), place_at(finer, end_ms) - 1)
    return folded(bars, lambda at: place_at(size, starts_ms(finer, at)))


def _minutes_of_trades(connection: apsw.Connection, symbol_id: int, first_ms: int, end_ms: int) -> list[Bar]:
    minutes: list[Bar] = []
    for hour in range(place_at(Size.HOUR, first_ms), place_at(Size.HOUR, end_ms - 1) + 1):
        ticks = read_ticks(connection, symbol_id, hour) or NONE
        minutes += bars_of(between(ticks, first_ms, AFTER_ALL_MS), UNIT_MS[Size.MINUTE])
    return minutes


def has_back_history(connection: apsw.Connection, symbol_id: int, size: Size) -> bool:
    return connection.execute(_BACK_HISTORY, (symbol_id, size)).fetchone() is not None


def write_ticks(connection: apsw.Connection, symbol_id: int, span: int, ticks: Ticks) -> None:
    connection.execute(_PUT, (symbol_id, Size.SECOND, span, pack_ticks(ticks, key_of(symbol_id, Size.SECOND, span))))


def change(connection: apsw.Connection, symbol_id: int, size: Size, bars: Iterable[Bar], how: Change) -> None:
    """Bring `bars`, in time order, into the spans that they belong to: `how(there already, bars)` is what is there then."""
    for span, group in groupby(bars, key=lambda bar: span_of(size, bar.at)):
        whole = how(read_span(connection, symbol_id, size, span), list(group))
        connection.execute(_PUT, (symbol_id, size, span, pack(whole, key_of(symbol_id, size, span))))


def bars_between(connection: apsw.Connection, symbol_id: int, size: Size, first: int, last: int) -> list[Bar]:
    """All bars with `first <= at <= last`."""
    bars: list[Bar] = []
    for span in range(span_of(size, first), span_of(size, last) + 1):
        bars += [bar for bar in read_span(connection, symbol_id, size, span) if first <= bar.at <= last]
    return bars
