"""A person's fills and transfers, newest first."""

import apsw

from locksley.order_db.port import Fill
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.rows import FILL_COLUMNS, fill_of
from locksley.portfolio.port import ActivityPage, Transfer

_NEWER_THAN_ANY = 2**63 - 1

_FILLS = f"SELECT {FILL_COLUMNS} FROM fills WHERE user_id = ? AND fill_id < ? ORDER BY fill_id DESC LIMIT ?"

_FILLS_OF_SYMBOL = f"""
    SELECT {FILL_COLUMNS} FROM fills
    WHERE user_id = ? AND fill_id < ? AND symbol = ? ORDER BY fill_id DESC LIMIT ?"""

_TRANSFERS = """
    SELECT transfer_id, user_id, amount_cents, what, at_ms FROM transfers
    WHERE user_id = ? AND transfer_id < ? ORDER BY transfer_id DESC LIMIT ?"""


class SqliteActivityDb:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def activity(self, user_id: str, page: ActivityPage) -> tuple[list[Fill], list[Transfer]]:
        return await self._database.read(lambda connection: _activity(connection, user_id, page))


def _activity(connection: apsw.Connection, user_id: str, page: ActivityPage) -> tuple[list[Fill], list[Transfer]]:
    if page.symbol is not None:
        row = (user_id, _below(page.fills_before), page.symbol, page.limit)
        return [fill_of(one) for one in connection.execute(_FILLS_OF_SYMBOL, row)], []
    fills = connection.execute(_FILLS, (user_id, _below(page.fills_before), page.limit))
    transfers = connection.execute(_TRANSFERS, (user_id, _below(page.transfers_before), page.limit))
    return [fill_of(row) for row in fills], [Transfer(*row) for row in transfers]


def _below(row_id: int | None) -> int:
    return _NEWER_THAN_ANY if row_id is None else row_id
