"""From fresh seconds to settled bars: each hour that is over is worked into seconds, minutes, hours and days, each made of the one before.

An hour that was settled already, and got a late trade, is made anew from its seconds, as long as they are kept.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import apsw

from locksley.bar_store.packing import pack, unpack
from locksley.bar_store.sqlite.spans import between, change, span_of
from locksley.domain.bar import Bar, Size, folded, merged, replaced
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day

SECONDS_PER_HOUR = 3_600
MINUTES_PER_HOUR = 60
DAY_S = 86_400

_SYMBOLS_WITH = "SELECT DISTINCT symbol_id FROM fresh WHERE newest_s < ? LIMIT ?"
_FRESH = "SELECT number, bars FROM fresh WHERE symbol_id = ? ORDER BY number"
_DROP = "DELETE FROM fresh WHERE symbol_id = ?"
_PUT = "INSERT INTO fresh (symbol_id, number, newest_s, bars) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM settled WHERE symbol_id = ? AND size = ? AND span < ?"


class Retention(NamedTuple):
    """How many days back, of the market's time, a size is kept. Hours and days are kept for ever."""

    seconds_days: int
    minutes_days: int


def symbols_to_settle(connection: apsw.Connection, before_s: int, symbols_max: int) -> list[int]:
    return [row[0] for row in connection.execute(_SYMBOLS_WITH, (before_s, symbols_max))]


def settle_symbol(connection: apsw.Connection, symbol_id: int, before_s: int, retention: Retention) -> None:
    """`before_s` is the start of an hour."""
    rows: list[tuple[int, bytes]] = connection.execute(_FRESH, (symbol_id,)).fetchall()  # type: ignore[assignment]
    seconds = merged(*[unpack(packed) for _number, packed in rows])
    connection.execute(_DROP, (symbol_id,))
    over = [bar for bar in seconds if bar.at < before_s]
    still = [bar for bar in seconds if bar.at >= before_s]
    if still:
        # Under the newest number: no later call can have come between.
        connection.execute(_PUT, (symbol_id, rows[-1][0], still[-1].at, pack(still)))
    for hour, group in groupby(over, key=lambda bar: bar.at // SECONDS_PER_HOUR):
        _settle_hour(connection, symbol_id, hour, list(group))
    if over:
        _forget(connection, symbol_id, over[-1].at, retention)


def _settle_hour(connection: apsw.Connection, symbol_id: int, hour: int, fresh: Sequence[Bar]) -> None:
    change(connection, symbol_id, Size.SECOND, fresh, merged)
    seconds = between(connection, symbol_id, Size.SECOND, hour * SECONDS_PER_HOUR, (hour + 1) * SECONDS_PER_HOUR - 1)
    change(connection, symbol_id, Size.MINUTE, folded(seconds, lambda at: at // 60), replaced)
    minutes = between(connection, symbol_id, Size.MINUTE, hour * MINUTES_PER_HOUR, (hour + 1) * MINUTES_PER_HOUR - 1)
    change(connection, symbol_id, Size.HOUR, folded(minutes, lambda _at: hour), replaced)
    day = market_day(hour * HOUR_MS)
    first, last = day_starts_ms(day) // HOUR_MS, day_starts_ms(day + 1) // HOUR_MS - 1
    hours = between(connection, symbol_id, Size.HOUR, first, last)
    change(connection, symbol_id, Size.DAY, folded(hours, lambda _at: day), replaced)


def _forget(connection: apsw.Connection, symbol_id: int, newest_s: int, retention: Retention) -> None:
    oldest_s = newest_s - retention.seconds_days * DAY_S
    connection.execute(_FORGET, (symbol_id, Size.SECOND, span_of(Size.SECOND, oldest_s)))
    oldest_minute = (newest_s - retention.minutes_days * DAY_S) // 60
    connection.execute(_FORGET, (symbol_id, Size.MINUTE, span_of(Size.MINUTE, oldest_minute)))
