"""Bars as they are shown: what is settled and what is not settled yet, which looks as it will once it is."""

from collections.abc import Sequence
from typing import NamedTuple

import apsw

from locksley.bar_store.port import Found, Newest
from locksley.bar_store.sqlite import fresh
from locksley.bar_store.sqlite.rows_ahead import RowsAhead
from locksley.bar_store.sqlite.settling import MINUTE_MS, Retention, settle_ticks, sized_bars
from locksley.bar_store.sqlite.spans import Change, SymbolRows
from locksley.domain.bar import Bar, Size, folded, merged, replaced
from locksley.domain.intervals import place_at
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.ticks import NONE, Ticks, bars_of, by_hour, from_packed, joined

HOURS_AHEAD_MAX = 24  # of one request: a millisecond each for a symbol that trades every second

_KEPT = "SELECT number, since_ms FROM kept"


class Wanted(NamedTuple):
    """The newest `bars_max` bars, about, with `first <= at <= last`."""

    size: Size
    first: int
    last: int
    bars_max: int


def find(connection: apsw.Connection, symbol_id: int, wanted: Wanted, newest: Newest, retention: Retention) -> Found:
    """In one transaction: a trade is in what is settled, in what is fresh or in what is `newest`, and in one of these only."""
    number, since_ms = connection.execute(_KEPT).fetchone() or (0, 0)
    kept = from_packed(b"".join(packed for _, packed in fresh.rows_of(connection, symbol_id)))
    ticks = _within(_joined(kept, newest(number)), wanted)
    rows = SymbolRows(connection, symbol_id)
    if not ticks.at_ms:
        return _found(rows, wanted)
    goes_on = _goes_on(rows, ticks, since_ms)
    if goes_on and wanted.size is Size.DAY:
        return _with_newer(_found(rows, wanted), _days(rows, ticks), wanted, replaced)
    if goes_on or sum(1 for _ in by_hour(ticks)) > HOURS_AHEAD_MAX:
        return _with_newer(_found(rows, wanted), sized_bars(ticks, wanted.size), wanted, merged)
    ahead = RowsAhead(connection, symbol_id)
    settle_ticks(ahead, ticks, since_ms, retention)
    return _found(ahead, wanted)


def _goes_on(rows: SymbolRows, ticks: Ticks, since_ms: int) -> bool:
    """Whether all of them are of hours after those that are settled, and of after keeping began: then their bars are simply put behind."""
    settled = rows.newest_hour()
    first_ms = ticks.at_ms[0]
    return first_ms >= since_ms // MINUTE_MS * MINUTE_MS and (settled is None or first_ms // HOUR_MS > settled)


def _joined(older: Ticks, newer: Ticks) -> Ticks:
    return joined(older, newer) if older.at_ms and newer.at_ms else (newer if newer.at_ms else older)


def _within(ticks: Ticks, wanted: Wanted) -> Ticks:
    """Those of hours that have to do with what is wanted: nearly always all or none."""
    size, first, last, _ = wanted
    if not ticks.at_ms or first <= place_at(size, ticks.at_ms[0]) <= place_at(size, ticks.at_ms[-1]) <= last:
        return ticks
    hours = [
        of_hour
        for hour, of_hour in by_hour(ticks)
        if first <= place_at(size, (hour + 1) * HOUR_MS - 1) and place_at(size, hour * HOUR_MS) <= last
    ]
    return joined(*hours) if hours else NONE


def _found(rows: SymbolRows, wanted: Wanted) -> Found:
    size, first, last, bars_max = wanted
    parts: list[list[Bar]] = []
    count, whole = 0, True
    for read, bars in rows.newest_first(size, first, last):
        # The newest row may hold bars after `last`: one row more than is needed is let through.
        if count >= bars_max and len(parts) > 1:
            whole = False
            break
        parts.append(bars)
        count += read
    found = [bar for bars in reversed(parts) for bar in bars]
    if found and (found[0].at < first or found[-1].at > last):
        found = [bar for bar in found if first <= bar.at <= last]
    return Found(found, whole)


def _days(rows: SymbolRows, ticks: Ticks) -> list[Bar]:
    """Of the hours that are settled and of `ticks`, which go on from them: a bar of the day may be there from a file."""
    hours = bars_of(ticks, HOUR_MS)
    midnight_ms = day_starts_ms(market_day(ticks.at_ms[0]))
    settled = rows.between(Size.HOUR, midnight_ms // HOUR_MS, hours[0].at)
    return folded(merged(settled, hours), lambda hour: market_day(hour * HOUR_MS))


def _with_newer(found: Found, newer: Sequence[Bar], wanted: Wanted, how: Change) -> Found:
    first = wanted.first
    if not found.whole and found.bars:
        first = found.bars[0].at  # an older one would stand there as if there was nothing between
    return found._replace(bars=how(found.bars, [bar for bar in newer if first <= bar.at <= wanted.last]))
