"""Trades that are kept and not settled yet: written a call at a time, read a symbol at a time."""

from collections.abc import Container, Sequence
from itertools import islice
from typing import Any, NamedTuple

import apsw
import structlog

from locksley.bar_store.columns import SUM_BYTES, is_sealed, key_of, sealed
from locksley.bar_store.pacing import KEEPING, in_pieces
from locksley.bar_store.sqlite.schema import SYMBOL_BITS
from locksley.domain.ticks import TICK

log = structlog.get_logger()

SYMBOL_IDS = (1 << SYMBOL_BITS) - 1

# What something else changed may be of another type, or none.
_ROWS = f"""
    SELECT place >> {SYMBOL_BITS}, coalesce(CAST(ticks AS BLOB), x'00') FROM calls
    JOIN fresh ON place = number << {SYMBOL_BITS} | ? ORDER BY number"""
_PUT = "INSERT OR REPLACE INTO fresh (place, ticks) VALUES (?, ?)"
_DROP = "DELETE FROM fresh WHERE place = ?"
_DROP_BEFORE = "DELETE FROM fresh WHERE place < ?"
_ADD_CALL = "INSERT OR REPLACE INTO calls (number, newest_ms) VALUES (?, ?)"
_OVER = f"""
    SELECT DISTINCT place & {SYMBOL_IDS} FROM calls
    JOIN fresh ON place >= number << {SYMBOL_BITS} AND place < (number + 1) << {SYMBOL_BITS}
    WHERE newest_ms < ? AND number < ?"""
_FORGET_CALLS = "DELETE FROM calls WHERE newest_ms < ? AND number < ?"
_OLDEST_CALL = "SELECT min(number) FROM calls"

Row = tuple[int, bytes]
SymbolTicks = tuple[int, bytes | bytearray]


def write_call(connection: apsw.Connection, number: int, newest_ms: int, ticks: Sequence[SymbolTicks]) -> None:
    """`ticks` are by symbol id, packed."""
    connection.execute(_ADD_CALL, (number, newest_ms))
    for some in in_pieces(sorted(ticks), KEEPING):
        connection.executemany(
            _PUT, [(_place(number, symbol_id), sealed(packed, key_of(number, symbol_id))) for symbol_id, packed in some]
        )


def rows_of(connection: apsw.Connection, symbol_id: int) -> list[Row]:
    """(number of the call, packed trades), the oldest first."""
    rows: list[Any] = connection.execute(_ROWS, (symbol_id,)).fetchall()
    return [(number, _checked(packed, symbol_id, number)) for number, packed in rows]


def put_in_place_of(
    connection: apsw.Connection, symbol_id: int, rows: Sequence[Row], still: bytes, newest_number: int
) -> None:
    """Leave of `rows` only what is not over. It goes under the number of the newest call, which is not over either."""
    connection.executemany(_DROP, [(_place(number, symbol_id),) for number, _ in rows])
    if still:
        connection.execute(_PUT, (_place(newest_number, symbol_id), sealed(still, key_of(newest_number, symbol_id))))


def _checked(packed: bytes, symbol_id: int, number: int) -> bytes:
    """Without its sum. Bytes that something else changed would be any moment and any price: nothing of such a row is used."""
    # Rows of before there were sums are whole ticks; the first sums did not begin with the row's key.
    if len(packed) % TICK.size == 0:
        return packed
    if len(packed) % TICK.size == SUM_BYTES and is_sealed(packed, key_of(number, symbol_id)):
        return packed[:-SUM_BYTES]
    log.error("bars_row_damaged", symbol_id=symbol_id, call=number)
    return b""


class Over(NamedTuple):
    """The calls that were over by then; the newest is not, whatever is said of it."""

    before_ms: int
    newest_number: int


def symbols_over(connection: apsw.Connection, over: Over, symbols_max: int, done: Container[int]) -> list[int]:
    """Those with trades of such calls, `symbols_max` at most, but for those that are `done`."""
    symbol_ids = (int(row[0]) for row in connection.execute(_OVER, over))
    return list(islice((symbol_id for symbol_id in symbol_ids if symbol_id not in done), symbols_max))


def forget_calls(connection: apsw.Connection, over: Over) -> None:
    """All that had trades in them are done."""
    connection.execute(_FORGET_CALLS, over)
    oldest: int | None = connection.execute(_OLDEST_CALL).get
    connection.execute(_DROP_BEFORE, (_place(min(over.newest_number, oldest or over.newest_number), 0),))
    # A row whose place something else changed belongs to no call, or is not found where it should be.
    if rows := connection.changes():
        log.error("bars_rows_without_call", rows=rows)


def _place(number: int, symbol_id: int) -> int:
    return number << SYMBOL_BITS | symbol_id
