"""From fresh trades to settled bars: each hour that is over is worked into minutes, hours and days, each made of the one before.

An hour that was settled already, and got a late trade, is made anew from its trades, as long as they are kept. Where they are not, or
never were, as of before keeping began, the late trade is added to what is there.
"""

from collections.abc import Sequence
from typing import NamedTuple

import apsw

from locksley.bar_store.sqlite import fresh
from locksley.bar_store.sqlite.spans import SymbolRows, span_of
from locksley.domain.bar import Bar, Size, folded, replaced, with_late
from locksley.domain.intervals import UNIT_MS
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.ticks import AFTER_ALL_MS, Ticks, bars_of, between, by_hour, from_packed, joined, packed

MINUTES_PER_HOUR = 60
MINUTE_MS = 60_000
DAY_S = 86_400
HOURS_PER_DAY = 24

_FORGET = "DELETE FROM settled WHERE symbol_id = ? AND size = ? AND span < ?"


class Until(NamedTuple):
    """`before_ms` is the start of an hour that the newest call (`number`) reaches into; keeping began at `since_ms`."""

    before_ms: int
    number: int
    since_ms: int


class Retention(NamedTuple):
    """How many days back, of the market's time, a size is kept. Hours and days are kept for ever."""

    seconds_days: int
    minutes_days: int


def settle_symbol(connection: apsw.Connection, symbol_id: int, until: Until, retention: Retention) -> None:
    rows = fresh.rows_of(connection, symbol_id)
    ticks = from_packed(b"".join(kept for _, kept in rows))
    over, still = between(ticks, 0, until.before_ms), between(ticks, until.before_ms, AFTER_ALL_MS)
    fresh.put_in_place_of(connection, symbol_id, rows, packed(still), until.number)
    settle_ticks(SymbolRows(connection, symbol_id), over, until.since_ms, retention)
    if over.at_ms:
        _forget(connection, symbol_id, over.at_ms[-1] // 1_000, retention)


def settle_ticks(rows: SymbolRows, new: Ticks, since_ms: int, retention: Retention) -> None:
    """Work `new` into `rows`, hour by hour; keeping began at `since_ms`."""
    began_ms = since_ms // MINUTE_MS * MINUTE_MS
    oldest = _oldest_hour(rows, retention)
    for hour, of_hour in by_hour(new):
        if hour < oldest:
            _add_late(rows, of_hour)
        else:
            _settle_hour(rows, hour, of_hour, began_ms)


def sized_bars(ticks: Ticks, size: Size) -> list[Bar]:
    if size is Size.DAY:
        return folded(bars_of(ticks, HOUR_MS), lambda hour: market_day(hour * HOUR_MS))
    return bars_of(ticks, UNIT_MS[size])


def _settle_hour(rows: SymbolRows, hour: int, new: Ticks, began_ms: int) -> None:
    settled = rows.ticks(hour)
    if settled is None:
        _add_late(rows, new)
        return
    ticks = joined(settled, new) if settled.at_ms else new
    rows.put_ticks(hour, ticks)
    if ticks.at_ms[0] < began_ms:
        # What traded before keeping began is the exchange's to tell; what it told does not have these.
        _add_late_to_back_history(rows, between(new, 0, began_ms), began_ms)
        ticks = between(ticks, began_ms, AFTER_ALL_MS)
        if not ticks.at_ms:
            return
    rows.change(Size.MINUTE, bars_of(ticks, MINUTE_MS), replaced)
    minutes = rows.between(Size.MINUTE, hour * MINUTES_PER_HOUR, (hour + 1) * MINUTES_PER_HOUR - 1)
    rows.change(Size.HOUR, folded(minutes, lambda _at: hour), replaced)
    day = market_day(hour * HOUR_MS)
    hours = rows.between(Size.HOUR, day_starts_ms(day) // HOUR_MS, day_starts_ms(day + 1) // HOUR_MS - 1)
    rows.change(Size.DAY, folded(hours, lambda _at: day), replaced)


def _add_late_to_back_history(rows: SymbolRows, new: Ticks, began_ms: int) -> None:
    """What the exchange has not told yet will have them."""
    for hour, late in by_hour(new):
        is_of_first_day = market_day(hour * HOUR_MS) == market_day(began_ms)
        has_told = rows.has_back_history(Size.DAY if is_of_first_day else Size.MINUTE)
        sizes = [Size.MINUTE, Size.HOUR] if has_told else []
        days = [Size.DAY] if rows.has_back_history(Size.DAY) else []
        _add_late(rows, late, sizes + days)


def _add_late(rows: SymbolRows, new: Ticks, sizes: Sequence[Size] = (Size.MINUTE, Size.HOUR, Size.DAY)) -> None:
    """To bars whose trades are not here, or no longer."""
    # The longest first: what a row had that can not be read is made of shorter bars, and these do not have the late trades yet.
    for size in sorted(sizes, reverse=True):
        rows.change(size, sized_bars(new, size), with_late)


def _oldest_hour(rows: SymbolRows, retention: Retention) -> int:
    """Of those whose trades are still kept; 0: none was let go yet."""
    newest = rows.newest_hour()
    return 0 if newest is None else newest - retention.seconds_days * HOURS_PER_DAY


def _forget(connection: apsw.Connection, symbol_id: int, newest_s: int, retention: Retention) -> None:
    oldest_s = newest_s - retention.seconds_days * DAY_S
    connection.execute(_FORGET, (symbol_id, Size.SECOND, span_of(Size.SECOND, oldest_s)))
    oldest_minute = (newest_s - retention.minutes_days * DAY_S) // 60
    connection.execute(_FORGET, (symbol_id, Size.MINUTE, span_of(Size.MINUTE, oldest_minute)))
