"""Trades that are kept and not settled yet: written a call at a time, read a symbol at a time."""

from collections.abc import Sequence

import apsw

from locksley.bar_store.pacing import in_pieces

_CALLS = "SELECT number FROM calls ORDER BY number"
_ONE = "SELECT ticks FROM fresh WHERE number = ? AND symbol_id = ?"
_PUT = "INSERT INTO fresh (number, symbol_id, ticks) VALUES (?, ?, ?)"
_DROP = "DELETE FROM fresh WHERE number = ? AND symbol_id = ?"
_ADD_CALL = "INSERT INTO calls (number, newest_ms) VALUES (?, ?)"
_OVER = """
    SELECT DISTINCT symbol_id FROM fresh WHERE number IN (SELECT number FROM calls WHERE newest_ms < ?) LIMIT ?"""
_FORGET_CALLS = "DELETE FROM calls WHERE newest_ms < ?"

Row = tuple[int, bytes]
SymbolTicks = tuple[int, bytes | bytearray]


def write_call(connection: apsw.Connection, number: int, newest_ms: int, ticks: Sequence[SymbolTicks]) -> None:
    """`ticks` are by symbol id, packed."""
    connection.execute(_ADD_CALL, (number, newest_ms))
    for some in in_pieces(sorted(ticks)):
        connection.executemany(_PUT, [(number, symbol_id, packed) for symbol_id, packed in some])


def rows_of(connection: apsw.Connection, symbol_id: int) -> list[Row]:
    """(number of the call, packed trades), the oldest first."""
    rows: list[Row] = []
    for (number,) in connection.execute(_CALLS).fetchall():
        packed = connection.execute(_ONE, (number, symbol_id)).get
        if packed is not None:
            rows.append((number, packed))  # type: ignore[arg-type]
    return rows


def put_in_place_of(connection: apsw.Connection, symbol_id: int, rows: Sequence[Row], still: bytes) -> None:
    """Leave of `rows` only what is not over. It goes under the newest number: no later call can have come between."""
    connection.executemany(_DROP, [(number, symbol_id) for number, _ in rows])
    if still:
        connection.execute(_PUT, (rows[-1][0], symbol_id, still))


def symbols_over(connection: apsw.Connection, before_ms: int, symbols_max: int) -> list[int]:
    """Those with trades of calls that were over by then."""
    symbol_ids = [int(row[0]) for row in connection.execute(_OVER, (before_ms, symbols_max))]
    if not symbol_ids:
        connection.execute(_FORGET_CALLS, (before_ms,))
    return symbol_ids
