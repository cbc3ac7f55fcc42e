"""The bar store on SQLite: packed bars, some thousands a row. `docs/decisions/0007-bars.md` has the figures.

Writes are run by `run`, one at a time (a thread in the broker); reads are short and run where they are asked.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw
import structlog

from locksley.bar_store.pacing import KEEPING, SETTLING, in_pieces
from locksley.bar_store.port import Found, Gap, Kept, Newest, Split, SymbolTicks
from locksley.bar_store.sqlite import fresh
from locksley.bar_store.sqlite.finding import Wanted, find
from locksley.bar_store.sqlite.schema import connect, migrate
from locksley.bar_store.sqlite.settling import Retention, Until, settle_symbol
from locksley.bar_store.sqlite.spans import Change, SymbolRows
from locksley.domain.bar import Bar, Size, merged, replaced
from locksley.domain.errors import StorageUnavailable
from locksley.domain.intervals import place_at
from locksley.domain.market_day import HOUR_MS
from locksley.domain.price import Version

DAMAGE = (apsw.NotADBError, apsw.CorruptError)

log = structlog.get_logger()

T = TypeVar("T")
Run = Callable[[Callable[[], Any]], Awaitable[Any]]

_KEPT = "SELECT epoch, sequence, newest_ms, since_ms, number FROM kept"
_KEEP_POSITION = """
    INSERT OR REPLACE INTO kept (one, epoch, sequence, newest_ms, since_ms, number) VALUES (1, ?, ?, ?, ?, ?)"""
_KEEP_GAP = "INSERT INTO gaps (first_epoch, first_sequence, last_epoch, last_sequence, at_ms) VALUES (?, ?, ?, ?, ?)"
_GAPS = "SELECT first_epoch, first_sequence, last_epoch, last_sequence, at_ms FROM gaps ORDER BY gap_id"
_ADD_SYMBOL = "INSERT INTO symbols (symbol) VALUES (?) RETURNING symbol_id"
_KEEP_SPLIT = "INSERT OR REPLACE INTO splits (symbol, day, new_shares, old_shares) VALUES (?, ?, ?, ?)"
_SPLITS = "SELECT symbol, day, new_shares, old_shares FROM splits WHERE symbol = ? ORDER BY day"
_MARK_BACK_HISTORY = "INSERT OR IGNORE INTO back_history (symbol_id, size) VALUES (?, ?)"


class SqliteBarStore:
    def __init__(self, path: Path | str, run: Run, retention: Retention) -> None:
        self._run = run
        self._damage_mark = damage_mark(Path(path))
        self._retention = retention
        self._writer = connect(str(path))
        migrate(self._writer)
        self._reader = connect(str(path))
        self._reader.execute("PRAGMA query_only = ON")
        self._ids: dict[str, int] = dict(self._reader.execute("SELECT symbol, symbol_id FROM symbols"))
        self._settling_ms = 0
        self._settled: set[int] = set()  # of what is over by then: each once, whatever is damaged
        self._reader.execute(_KEPT).fetchall()  # a damaged file is to be noticed here, where it can still be replaced

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    # How far the bars go

    async def kept(self) -> Kept | None:
        row: Any = self._read(lambda connection: connection.execute(_KEPT).fetchone())
        return Kept(Version(row[0], row[1]), row[2], row[3], row[4]) if row else None

    async def keep(self, ticks: Iterable[SymbolTicks], kept: Kept, gaps: Sequence[Gap] = ()) -> None:
        await self._write(lambda: self._keep(ticks, kept, gaps))

    def _keep(self, ticks: Iterable[SymbolTicks], kept: Kept, gaps: Sequence[Gap]) -> None:
        by_id = [(self._id(symbol), packed) for some in in_pieces(list(ticks), KEEPING) for symbol, packed in some]
        fresh.write_call(self._writer, kept.number, kept.newest_ms, by_id)
        self._writer.executemany(_KEEP_GAP, [(*gap.first, *gap.last, gap.at_ms) for gap in gaps])
        self._writer.execute(_KEEP_POSITION, (*kept.position, kept.newest_ms, kept.since_ms, kept.number))

    # Settling

    async def settle(self, before_ms: int, symbols_max: int) -> int:
        settled = await self._write(lambda: self._settle(before_ms, symbols_max))
        self._settled |= settled
        return len(settled)

    def _settle(self, before_ms: int, symbols_max: int) -> set[int]:
        row: Any = self._writer.execute(_KEPT).fetchone()
        if row is None:
            return set()
        _, _, newest_ms, since_ms, number = row
        # Not past the newest call: what of it is not over yet can then stay there, under its number.
        until = Until(min(before_ms, newest_ms) // HOUR_MS * HOUR_MS, number, since_ms)
        if until.before_ms != self._settling_ms:
            self._settling_ms, self._settled = until.before_ms, set()
        over = fresh.Over(until.before_ms, until.number)
        symbol_ids = fresh.symbols_over(self._writer, over, symbols_max, self._settled)
        for some in in_pieces(symbol_ids, SETTLING):
            for symbol_id in some:
                settle_symbol(self._writer, symbol_id, until, self._retention)
        if not symbol_ids:
            fresh.forget_calls(self._writer, over)
        return set(symbol_ids)

    # Reading

    async def find(self, symbol: str, size: Size, first: int, last: int, bars_max: int, newest: Newest) -> Found:
        symbol_id, wanted = self._ids.get(symbol, 0), Wanted(size, first, last, bars_max)
        return self._read(lambda connection: find(connection, symbol_id, wanted, newest, self._retention))

    # From elsewhere

    async def back_history(self, symbol: str, size: Size) -> bool:
        symbol_id = self._ids.get(symbol, 0)
        return self._read(lambda connection: SymbolRows(connection, symbol_id).has_back_history(size))

    async def keep_back_history(self, symbol: str, size: Size, bars: Mapping[Size, Sequence[Bar]]) -> None:
        def keep() -> None:
            symbol_id = self._id(symbol)
            since_ms = self._writer.execute("SELECT since_ms FROM kept").get or 0
            for one, of_size in bars.items():
                SymbolRows(self._writer, symbol_id).change(one, of_size, _under(place_at(one, since_ms)))
            self._writer.execute(_MARK_BACK_HISTORY, (symbol_id, size))

        await self._write(keep)

    async def put(self, symbol: str, size: Size, bars: Sequence[Bar]) -> None:
        await self._write(lambda: SymbolRows(self._writer, self._id(symbol)).change(size, bars, replaced))

    async def splits(self, symbol: str) -> list[Split]:
        return self._read(lambda connection: [Split(*row) for row in connection.execute(_SPLITS, (symbol,))])

    async def keep_splits(self, splits: Sequence[Split]) -> None:
        await self._write(lambda: self._writer.executemany(_KEEP_SPLIT, splits))

    async def gaps(self) -> list[Gap]:
        rows: list[Any] = self._read(lambda connection: connection.execute(_GAPS).fetchall())
        return [Gap(Version(row[0], row[1]), Version(row[2], row[3]), row[4]) for row in rows]

    def _id(self, symbol: str) -> int:
        """In the writer's transaction."""
        symbol_id = self._ids.get(symbol)
        if symbol_id is None:
            symbol_id = int(self._writer.execute(_ADD_SYMBOL, (symbol,)).get)
            self._new_ids[symbol] = self._ids[symbol] = symbol_id
        return symbol_id

    def _read(self, work: Callable[[apsw.Connection], T]) -> T:
        try:
            self._reader.execute("BEGIN")
            try:
                return work(self._reader)
            finally:
                self._reader.execute("COMMIT")
        except apsw.Error as error:
            self._note_damage(error)
            raise StorageUnavailable("Bars can not be read at this moment; try again later.") from error

    async def _write(self, work: Callable[[], T]) -> T:
        result: T = await self._run(lambda: self._transaction(work))
        return result

    def _transaction(self, work: Callable[[], T]) -> T:
        self._new_ids: dict[str, int] = {}
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            result = work()
            self._writer.execute("COMMIT")
        except BaseException as error:
            self._undo()
            if not isinstance(error, apsw.Error):
                raise
            self._note_damage(error)
            raise StorageUnavailable("Bars can not be kept at this moment.") from error
        return result

    def _note_damage(self, error: apsw.Error) -> None:
        """Damage that was not seen when the file was opened: the next start puts it aside."""
        if not isinstance(error, DAMAGE) or self._damage_mark.exists():
            return
        log.error(
            "bars_damaged",
            error=str(error),
            remedy="start the broker again: it puts the file aside, and asks the exchange",
        )
        with contextlib.suppress(OSError):
            self._damage_mark.touch()

    def _undo(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        for symbol in self._new_ids:
            self._ids.pop(symbol, None)


def damage_mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.is-damaged")


def _under(began_at: int) -> Change:
    """What is there already stays, as from a file perhaps; the one bar in which keeping began is of both."""

    def under(there: list[Bar], new: list[Bar]) -> list[Bar]:
        whole = {bar.at for bar in there} - {began_at}
        return merged([bar for bar in new if bar.at not in whole], there)

    return under
