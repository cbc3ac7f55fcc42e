"""From fresh trades to settled bars: each hour that is over is worked into minutes, hours and days, each made of the one before.

An hour that was settled already, and got a late trade, is made anew from its trades, as long as they are kept.
"""

from typing import NamedTuple

import apsw

from locksley.bar_store.sqlite.spans import bars_between, change, read_ticks, span_of, write_ticks
from locksley.bar_store.tick_packing import pack_flat, unpack_flat
from locksley.domain.bar import Size, folded, replaced
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.ticks import Ticks, bars_of, between, from_flat, joined

MINUTES_PER_HOUR = 60
MINUTE_MS = 60_000
DAY_S = 86_400
AFTER_ALL_MS = 2**62

_SYMBOLS_WITH = "SELECT DISTINCT symbol_id FROM fresh WHERE newest_ms < ? LIMIT ?"
_FRESH = "SELECT number, ticks FROM fresh WHERE symbol_id = ? ORDER BY number"
_DROP = "DELETE FROM fresh WHERE symbol_id = ?"
_PUT = "INSERT INTO fresh (symbol_id, number, newest_ms, ticks) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM settled WHERE symbol_id = ? AND size = ? AND span < ?"


class Retention(NamedTuple):
    """How many days back, of the market's time, a size is kept. Hours and days are kept for ever."""

    seconds_days: int
    minutes_days: int


def symbols_to_settle(connection: apsw.Connection, before_ms: int, symbols_max: int) -> list[int]:
    return [row[0] for row in connection.execute(_SYMBOLS_WITH, (before_ms, symbols_max))]


def settle_symbol(connection: apsw.Connection, symbol_id: int, before_ms: int, retention: Retention) -> None:
    """`before_ms` is the start of an hour."""
    rows: list[tuple[int, bytes]] = connection.execute(_FRESH, (symbol_id,)).fetchall()  # type: ignore[assignment]
    ticks = from_flat(unpack_flat(b"".join(packed for _, packed in rows)))
    connection.execute(_DROP, (symbol_id,))
    over = between(ticks, 0, before_ms)
    still = between(ticks, before_ms, AFTER_ALL_MS)
    if still.at_ms:
        # Under the newest number: no later call can have come between.
        flat = [number for tick in zip(*still, strict=True) for number in tick]
        connection.execute(_PUT, (symbol_id, rows[-1][0], still.at_ms[-1], pack_flat(flat)))
    for hour in sorted({at_ms // HOUR_MS for at_ms in over.at_ms}):
        _settle_hour(connection, symbol_id, hour, between(over, hour * HOUR_MS, (hour + 1) * HOUR_MS))
    if over.at_ms:
        _forget(connection, symbol_id, over.at_ms[-1] // 1_000, retention)


def _settle_hour(connection: apsw.Connection, symbol_id: int, hour: int, fresh: Ticks) -> None:
    settled = read_ticks(connection, symbol_id, hour)
    ticks = joined(settled, fresh) if settled.at_ms else fresh
    write_ticks(connection, symbol_id, hour, ticks)
    change(connection, symbol_id, Size.MINUTE, bars_of(ticks, MINUTE_MS), replaced)
    minutes = bars_between(
        connection, symbol_id, Size.MINUTE, hour * MINUTES_PER_HOUR, (hour + 1) * MINUTES_PER_HOUR - 1
    )
    change(connection, symbol_id, Size.HOUR, folded(minutes, lambda _at: hour), replaced)
    day = market_day(hour * HOUR_MS)
    first, last = day_starts_ms(day) // HOUR_MS, day_starts_ms(day + 1) // HOUR_MS - 1
    hours = bars_between(connection, symbol_id, Size.HOUR, first, last)
    change(connection, symbol_id, Size.DAY, folded(hours, lambda _at: day), replaced)


def _forget(connection: apsw.Connection, symbol_id: int, newest_s: int, retention: Retention) -> None:
    oldest_s = newest_s - retention.seconds_days * DAY_S
    connection.execute(_FORGET, (symbol_id, Size.SECOND, span_of(Size.SECOND, oldest_s)))
    oldest_minute = (newest_s - retention.minutes_days * DAY_S) // 60
    connection.execute(_FORGET, (symbol_id, Size.MINUTE, span_of(Size.MINUTE, oldest_minute)))
