"""Watchlists, in the same file as the orders."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from locksley.order_db.sqlite.database import Database
from locksley.watchlists.port import TooManyWatchlists, Watchlist

_ALL = "SELECT watchlist_id, name, symbols FROM watchlists WHERE user_id = ? ORDER BY place, watchlist_id"
_ONE = "SELECT watchlist_id, name, symbols FROM watchlists WHERE user_id = ? AND watchlist_id = ?"

# Add a list after the others; no row: the person has as many as one may have.
_ADD = """
    INSERT INTO watchlists (user_id, watchlist_id, place, name, symbols)
    SELECT ?1, ?2, coalesce(max(place), 0) + 1, ?3, ?4 FROM watchlists WHERE user_id = ?1
    HAVING count(*) < ?5 RETURNING watchlist_id"""

_CHANGE = "UPDATE watchlists SET name = ?, symbols = ? WHERE user_id = ? AND watchlist_id = ? RETURNING watchlist_id"
_PLACE = "UPDATE watchlists SET place = ? WHERE user_id = ? AND watchlist_id = ?"
_DELETE = "DELETE FROM watchlists WHERE user_id = ? AND watchlist_id = ? RETURNING watchlist_id"

_decode = msgspec.json.Decoder(list[str]).decode


class SqliteWatchlistDb:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def watchlists(self, user_id: str) -> list[Watchlist]:
        return await self._database.read(lambda c: [_watchlist_of(row) for row in c.execute(_ALL, (user_id,))])

    async def watchlist(self, user_id: str, watchlist_id: str) -> Watchlist | None:
        row = await self._database.read(lambda c: c.execute(_ONE, (user_id, watchlist_id)).fetchone())
        return _watchlist_of(row) if row else None

    async def add(self, user_id: str, watchlist: Watchlist, watchlists_max: int) -> None:
        def add(connection: apsw.Connection) -> None:
            row = (user_id, watchlist.watchlist_id, watchlist.name, _encode(watchlist.symbols), watchlists_max)
            if connection.execute(_ADD, row).fetchone() is None:
                raise TooManyWatchlists(watchlistsMax=watchlists_max)

        await self._database.write(add)

    async def change(self, user_id: str, watchlist: Watchlist) -> bool:
        row = (watchlist.name, _encode(watchlist.symbols), user_id, watchlist.watchlist_id)
        return await self._moved(_CHANGE, row)

    async def order(self, user_id: str, watchlist_ids: Sequence[str]) -> bool:
        def order(connection: apsw.Connection) -> bool:
            known = [row[0] for row in connection.execute(_ALL, (user_id,))]
            if sorted(map(str, known)) != sorted(watchlist_ids):
                return False
            places = [(place, user_id, one) for place, one in enumerate(watchlist_ids, start=1)]
            connection.executemany(_PLACE, places)
            return True

        return await self._database.write(order)

    async def delete(self, user_id: str, watchlist_id: str) -> bool:
        return await self._moved(_DELETE, (user_id, watchlist_id))

    async def _moved(self, statement: str, row: tuple[str, ...]) -> bool:
        moved = await self._database.write(lambda connection: connection.execute(statement, row).fetchone())
        return moved is not None


def _encode(symbols: Sequence[str]) -> str:
    return msgspec.json.encode(list(symbols)).decode()


def _watchlist_of(row: Sequence[Any]) -> Watchlist:
    return Watchlist(row[0], row[1], _decode(row[2]))
