"""How bars are cut into rows: a row holds the bars of one span of its size; that of seconds holds the trades instead.

The row that an hour goes into is written anew: it must be short. Reading takes many rows at once: it must not be too short. What a row had
that can not be read is made of the rows of the next finer size, as it was in the first place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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

# What something else changed may be of another type, or none.
_ONE = "SELECT coalesce(CAST(bars AS BLOB), x'') FROM settled WHERE symbol_id = ? AND size = ? AND span = ?"
_SPANS = """
    SELECT span, coalesce(CAST(bars AS BLOB), x'') FROM settled
    WHERE symbol_id = ? AND size = ? AND span BETWEEN ? AND ? ORDER BY span DESC"""
_NEWEST = "SELECT max(span) FROM settled WHERE symbol_id = ? AND size = ?"
_BACK_HISTORY = "SELECT 1 FROM back_history WHERE symbol_id = ? AND size = ?"
_SINCE = "SELECT since_ms FROM kept"
_PUT = "INSERT OR REPLACE INTO settled (symbol_id, size, span, bars) VALUES (?, ?, ?, ?)"

T = TypeVar("T")
Change = Callable[[list[Bar], list[Bar]], list[Bar]]


def span_of(size: Size, at: int) -> int:
    return at // BARS_PER_SPAN[size]


class SymbolRows:
    """The rows of one symbol, within the transaction of whoever made this. What is put is remembered: longer bars are made of it."""

    def __init__(self, connection: apsw.Connection, symbol_id: int) -> None:
        self._connection = connection
        self._symbol_id = symbol_id
        self._new_bars: dict[tuple[Size, int], Sequence[Bar]] = {}

    # One row

    def bars(self, size: Size, span: int) -> list[Bar]:
        """Of minutes, hours or days: what a row has, or else what can be had of it."""
        new = self._new_bars.get((size, span))
        if new is not None:
            return list(new)
        packed = self._packed(size, span)
        return [] if packed is None else self._bars_in(packed, size, span)

    def ticks(self, hour: int) -> Ticks | None:
        """None: they can not be read."""
        packed = self._packed(Size.SECOND, hour)
        return NONE if packed is None else self._ticks_in(packed, hour)

    def put_bars(self, size: Size, span: int, bars: Sequence[Bar]) -> None:
        self._new_bars[size, span] = bars
        self._write_bars(size, span, bars)

    def put_ticks(self, hour: int, ticks: Ticks) -> None:
        packed = pack_ticks(ticks, key_of(self._symbol_id, Size.SECOND, hour))
        self._connection.execute(_PUT, (self._symbol_id, Size.SECOND, hour, packed))

    def _write_bars(self, size: Size, span: int, bars: Sequence[Bar]) -> None:
        key = key_of(self._symbol_id, size, span)
        self._connection.execute(_PUT, (self._symbol_id, size, span, pack(bars, key)))

    # Several

    def newest_first(self, size: Size, first: int, last: int) -> Iterator[tuple[int, list[Bar]]]:
        """Of the rows that may have bars with `first <= at <= last`: how much was read, and the bars."""
        for span, packed in self._packed_newest_first(size, first, last):
            yield self._read(size, span, packed)

    def between(self, size: Size, first: int, last: int) -> list[Bar]:
        """All bars with `first <= at <= last`, in time order."""
        bars: list[Bar] = []
        for span in range(span_of(size, first), span_of(size, last) + 1):
            bars += [bar for bar in self.bars(size, span) if first <= bar.at <= last]
        return bars

    def change(self, size: Size, bars: Iterable[Bar], how: Change) -> None:
        """Bring `bars`, in time order, into the rows that they belong to: `how(there already, bars)` is what is there then."""
        for span, group in groupby(bars, key=lambda bar: span_of(size, bar.at)):
            self.put_bars(size, span, how(self.bars(size, span), list(group)))

    # What there is

    def newest_hour(self) -> int | None:
        """The newest whose trades are settled; None: there is none."""
        hour: int | None = self._connection.execute(_NEWEST, (self._symbol_id, Size.SECOND)).get
        return hour

    def has_back_history(self, size: Size) -> bool:
        return self._connection.execute(_BACK_HISTORY, (self._symbol_id, size)).fetchone() is not None

    def _packed(self, size: Size, span: int) -> bytes | None:
        row = self._connection.execute(_ONE, (self._symbol_id, size, span)).fetchone()
        return row[0] if row else None

    def _packed_newest_first(self, size: Size, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        spans = (span_of(size, first), span_of(size, last))
        return self._connection.execute(_SPANS, (self._symbol_id, size, *spans))

    def _read(self, size: Size, span: int, packed: bytes) -> tuple[int, list[Bar]]:
        if size is Size.SECOND:
            return seconds_of(self._ticks_in(packed, span) or NONE)
        bars = self._bars_in(packed, size, span)
        return len(bars), bars

    def _bars_in(self, packed: bytes, size: Size, span: int) -> list[Bar]:
        bars = self._undamaged(unpack, packed, size, span)
        return self._made_again(size, span) if bars is None else bars

    def _ticks_in(self, packed: bytes, hour: int) -> Ticks | None:
        return self._undamaged(unpack_ticks, packed, Size.SECOND, hour)

    def _undamaged(self, read: Callable[[bytes, int], T], packed: bytes, size: Size, span: int) -> T | None:
        """None for a row whose bytes were changed by something else."""
        try:
            return read(packed, key_of(self._symbol_id, size, span))
        except Damaged as error:
            told = {"symbol_id": self._symbol_id, "size": size.name.lower(), "span": span}
            log.error("bars_row_damaged", **told, error=str(error))
            return None

    def _made_again(self, size: Size, span: int) -> list[Bar]:
        """From the next finer bars, as far as those are kept. Days of before keeping began came from elsewhere: there may be hours of a
        part of them only."""
        since_ms = self._connection.execute(_SINCE).get or 0
        first, last = span * BARS_PER_SPAN[size], (span + 1) * BARS_PER_SPAN[size] - 1
        if size is Size.DAY:
            first = max(first, market_day(since_ms), EARLIEST_DAY)
        if first > last:
            return []
        first_ms, end_ms = starts_ms(size, first), starts_ms(size, last + 1)
        if size is Size.MINUTE:
            return self._minutes_of_trades(max(first_ms, starts_ms(size, place_at(size, since_ms))), end_ms)
        finer = Size(size - 1)
        bars = self.between(finer, place_at(finer, first_ms), place_at(finer, end_ms) - 1)
        return folded(bars, lambda at: place_at(size, starts_ms(finer, at)))

    def _minutes_of_trades(self, first_ms: int, end_ms: int) -> list[Bar]:
        minutes: list[Bar] = []
        for hour in range(place_at(Size.HOUR, first_ms), place_at(Size.HOUR, end_ms - 1) + 1):
            ticks = between(self.ticks(hour) or NONE, first_ms, AFTER_ALL_MS)
            minutes += bars_of(ticks, UNIT_MS[Size.MINUTE])
        return minutes


def seconds_of(ticks: Ticks) -> tuple[int, list[Bar]]:
    """How many trades they are, and their bars."""
    return len(ticks.at_ms), bars_of(ticks, UNIT_MS[Size.SECOND])
