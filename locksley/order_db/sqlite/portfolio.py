"""A person's fills by the market's time, and what they had at the days' ends."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import apsw

from locksley.order_db.sqlite.database import Database
from locksley.portfolio.port import DayEnd, Traded, Transfer

_TRADES = """
    SELECT timestamp_ms, symbol, CASE side WHEN 'buy' THEN num_shares ELSE -num_shares END, cash_cents FROM fills
    WHERE user_id = ? AND timestamp_ms >= ? ORDER BY timestamp_ms, fill_id"""
_FILLS_BETWEEN = "SELECT count(*) FROM fills WHERE user_id = ? AND timestamp_ms >= ? AND timestamp_ms < ?"
_FIRST_MS = -(2**63)
_FIRST_BOOKED = "SELECT min(timestamp_ms) FROM fills WHERE user_id = ? AND booked_at_ms >= ?"
_TRANSFERS = """
    SELECT transfer_id, user_id, amount_cents, what, at_ms FROM transfers WHERE user_id = ? ORDER BY at_ms, transfer_id"""
_DAY_ENDS = """
    SELECT day, fills_count, transfers_count, equity_cents, cash_cents, is_final, x'' FROM portfolio_days
    WHERE user_id = ? AND day BETWEEN ? AND ? ORDER BY day"""
_DAY_END_BEFORE = """
    SELECT day, fills_count, transfers_count, equity_cents, cash_cents, is_final, state FROM portfolio_days
    WHERE user_id = ? AND day < ? ORDER BY day DESC LIMIT 1"""
_KEEP = """
    INSERT OR REPLACE INTO portfolio_days
        (user_id, day, fills_count, transfers_count, equity_cents, cash_cents, is_final, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_FORGET = "DELETE FROM portfolio_days WHERE user_id = ?"
_PEOPLE = """
    SELECT DISTINCT user_id FROM fills WHERE user_id > ? AND timestamp_ms >= ? ORDER BY user_id LIMIT ?"""


class SqlitePortfolioDb:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def trades_from(self, user_id: str, from_ms: int) -> list[Traded]:
        return await self._database.read(lambda c: list(map(Traded._make, c.execute(_TRADES, (user_id, from_ms)))))

    async def fills_before(self, user_id: str, moments_ms: Sequence[int]) -> list[int]:
        return await self._database.read(lambda connection: _fills_before(connection, user_id, moments_ms))

    async def first_fill_booked_from(self, user_id: str, booked_from_ms: int) -> int | None:
        return await self._database.read(lambda c: c.execute(_FIRST_BOOKED, (user_id, booked_from_ms)).get)

    async def transfers(self, user_id: str) -> list[Transfer]:
        return await self._database.read(lambda c: [Transfer(*row) for row in c.execute(_TRANSFERS, (user_id,))])

    async def day_ends(self, user_id: str, first: int, last: int) -> list[DayEnd]:
        return await self._database.read(
            lambda c: [DayEnd(*row) for row in c.execute(_DAY_ENDS, (user_id, first, last))]
        )

    async def day_end_before(self, user_id: str, day: int) -> DayEnd | None:
        row = await self._database.read(lambda c: c.execute(_DAY_END_BEFORE, (user_id, day)).fetchone())
        return DayEnd(*row) if row else None

    async def keep_day_ends(self, user_id: str, day_ends: Sequence[DayEnd]) -> None:
        def keep(connection: apsw.Connection) -> None:
            connection.executemany(_KEEP, [(user_id, *day_end) for day_end in day_ends])

        await self._database.write(keep)

    async def forget_day_ends(self, user_id: str) -> None:
        await self._database.write(lambda connection: connection.execute(_FORGET, (user_id,)))

    async def people_who_traded(self, from_ms: int, after_user_id: str, limit: int) -> list[str]:
        rows = await self._database.read(lambda c: c.execute(_PEOPLE, (after_user_id, from_ms, limit)).fetchall())
        return [str(row[0]) for row in rows]


def _fills_before(connection: apsw.Connection, user_id: str, moments_ms: Sequence[int]) -> list[int]:
    """Each fill is counted once, however many moments there are."""
    counts = (
        connection.execute(_FILLS_BETWEEN, (user_id, from_ms, to_ms)).get
        for from_ms, to_ms in pairwise([_FIRST_MS, *moments_ms])
    )
    return list(accumulate(counts))
