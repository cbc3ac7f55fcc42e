"""How bars are cut into rows: a row holds the bars of one span of its size; that of seconds holds the trades instead.

The row that an hour goes into is written anew: it must be short. Reading takes many rows at once: it must not be too short.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TypeVar

import apsw
import structlog

from locksley.bar_store.columns import Damaged
from locksley.bar_store.packing import pack, unpack
from locksley.bar_store.tick_packing import pack_ticks, unpack_ticks
from locksley.domain.bar import Bar, Size
from locksley.domain.ticks import NONE, Ticks

log = structlog.get_logger()

BARS_PER_SPAN = {Size.SECOND: 3_600, Size.MINUTE: 360, Size.HOUR: 24 * 8, Size.DAY: 64}

_ONE = "SELECT bars FROM settled WHERE symbol_id = ? AND size = ? AND span = ?"
_BACK_HISTORY = "SELECT 1 FROM back_history WHERE symbol_id = ? AND size = ?"
_PUT = "INSERT OR REPLACE INTO settled (symbol_id, size, span, bars) VALUES (?, ?, ?, ?)"

T = TypeVar("T")
Change = Callable[[list[Bar], list[Bar]], list[Bar]]


def span_of(size: Size, at: int) -> int:
    return at // BARS_PER_SPAN[size]


def read_span(connection: apsw.Connection, symbol_id: int, size: Size, span: int) -> list[Bar]:
    row = connection.execute(_ONE, (symbol_id, size, span)).fetchone()
    return (unpacked(unpack, row[0], symbol_id, size) or []) if row else []


def read_ticks(connection: apsw.Connection, symbol_id: int, span: int) -> Ticks | None:
    """None: they can not be read."""
    row = connection.execute(_ONE, (symbol_id, Size.SECOND, span)).fetchone()
    return unpacked(unpack_ticks, row[0], symbol_id, Size.SECOND) if row else NONE


def unpacked(read: Callable[[bytes], T], packed: bytes, symbol_id: int, size: Size) -> T | None:
    """None for a row whose bytes were changed by something else: what it had is lost, the others are not."""
    try:
        return read(packed)
    except Damaged as error:
        log.error("bars_row_damaged", symbol_id=symbol_id, size=size.name.lower(), error=str(error))
        return None


def has_back_history(connection: apsw.Connection, symbol_id: int, size: Size) -> bool:
    return connection.execute(_BACK_HISTORY, (symbol_id, size)).fetchone() is not None


def write_ticks(connection: apsw.Connection, symbol_id: int, span: int, ticks: Ticks) -> None:
    connection.execute(_PUT, (symbol_id, Size.SECOND, span, pack_ticks(ticks)))


def change(connection: apsw.Connection, symbol_id: int, size: Size, bars: Iterable[Bar], how: Change) -> None:
    """Bring `bars`, in time order, into the spans that they belong to: `how(there already, bars)` is what is there then."""
    for span, group in groupby(bars, key=lambda bar: span_of(size, bar.at)):
        whole = how(read_span(connection, symbol_id, size, span), list(group))
        connection.execute(_PUT, (symbol_id, size, span, pack(whole)))


def bars_between(connection: apsw.Connection, symbol_id: int, size: Size, first: int, last: int) -> list[Bar]:
    """All bars with `first <= at <= last`."""
    bars: list[Bar] = []
    for span in range(span_of(size, first), span_of(size, last) + 1):
        bars += [bar for bar in read_span(connection, symbol_id, size, span) if first <= bar.at <= last]
    return bars
