"""From fresh trades to settled bars: each hour that is over is worked into minutes, hours and days, each made of the one before.

An hour that was settled already, and got a late trade, is made anew from its trades, as long as they are kept.
"""

from typing import NamedTuple

import apsw

from locksley.bar_store.sqlite import fresh
from locksley.bar_store.sqlite.spans import bars_between, change, read_ticks, span_of, write_ticks
from locksley.domain.bar import Size, folded, replaced
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.ticks import Ticks, bars_of, between, by_hour, from_packed, joined, packed

MINUTES_PER_HOUR = 60
MINUTE_MS = 60_000
DAY_S = 86_400
AFTER_ALL_MS = 2**62

_FORGET = "DELETE FROM settled WHERE symbol_id = ? AND size = ? AND span < ?"


class Retention(NamedTuple):
    """How many days back, of the market's time, a size is kept. Hours and days are kept for ever."""

    seconds_days: int
    minutes_days: int


def settle_symbol(connection: apsw.Connection, symbol_id: int, before_ms: int, retention: Retention) -> None:
    """`before_ms` is the start of an hour."""
    rows = fresh.rows_of(connection, symbol_id)
    ticks = from_packed(b"".join(kept for _, kept in rows))
    over, still = between(ticks, 0, before_ms), between(ticks, before_ms, AFTER_ALL_MS)
    fresh.put_in_place_of(connection, symbol_id, rows, packed(still))
    for hour, new in by_hour(over):
        _settle_hour(connection, symbol_id, hour, new)
    if over.at_ms:
        _forget(connection, symbol_id, over.at_ms[-1] // 1_000, retention)


def _settle_hour(connection: apsw.Connection, symbol_id: int, hour: int, new: Ticks) -> None:
    settled = read_ticks(connection, symbol_id, hour)
    ticks = joined(settled, new) if settled.at_ms else new
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
