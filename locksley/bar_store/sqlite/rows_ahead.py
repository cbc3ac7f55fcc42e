"""The rows of one symbol as settling will leave them: what it would write stays in memory, and is read as if it was written."""

from collections.abc import Iterator, Sequence

import apsw

from locksley.bar_store.sqlite.spans import SymbolRows, seconds_of, span_of
from locksley.domain.bar import Bar, Size
from locksley.domain.ticks import Ticks


class RowsAhead(SymbolRows):
    def __init__(self, connection: apsw.Connection, symbol_id: int) -> None:
        super().__init__(connection, symbol_id)
        self._new_ticks: dict[int, Ticks] = {}

    def ticks(self, hour: int) -> Ticks | None:
        new = self._new_ticks.get(hour)
        return super().ticks(hour) if new is None else new

    def _write_bars(self, size: Size, span: int, bars: Sequence[Bar]) -> None:
        pass

    def put_ticks(self, hour: int, ticks: Ticks) -> None:
        self._new_ticks[hour] = ticks

    def newest_first(self, size: Size, first: int, last: int) -> Iterator[tuple[int, list[Bar]]]:
        new = self._new_spans(size, first, last)
        for span, packed in self._packed_newest_first(size, first, last):
            while new and new[-1] > span:
                yield self._read_new(size, new.pop())
            yield self._read_new(size, new.pop()) if new and new[-1] == span else self._read(size, span, packed)
        while new:
            yield self._read_new(size, new.pop())

    def _new_spans(self, size: Size, first: int, last: int) -> list[int]:
        """The newest last."""
        spans = self._new_ticks if size is Size.SECOND else [span for one, span in self._new_bars if one is size]
        return sorted(span for span in spans if span_of(size, first) <= span <= span_of(size, last))

    def _read_new(self, size: Size, span: int) -> tuple[int, list[Bar]]:
        if size is Size.SECOND:
            return seconds_of(self._new_ticks[span])
        bars = self.bars(size, span)
        return len(bars), bars
