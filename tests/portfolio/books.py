"""A person's books, written straight into the database: fills and transfers at any moment."""

from collections.abc import Sequence
from typing import NamedTuple

import apsw

from locksley.domain.money import execution_cash_cents
from locksley.order_db.sqlite.database import Database


class Fill(NamedTuple):
    at_ms: int
    symbol: str
    shares: int  # negative: sold
    price_e4: int

    @property
    def cash_cents(self) -> int:
        cash_cents = execution_cash_cents(self.price_e4, abs(self.shares))
        return -cash_cents if self.shares > 0 else cash_cents


class Paid(NamedTuple):
    at_ms: int
    amount_cents: int


_FILL = """
    INSERT INTO fills (trade_id, external_order_id, user_id, order_id, epoch, sequence, symbol, side, price_e4,
        num_shares, cash_cents, timestamp_ms, booked_at_ms)
    SELECT 'T' || (coalesce(max(fill_id), 0) + 1), 'X', ?1, 'O', 1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?7 FROM fills"""
_TRANSFER = "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (?, ?, 'test', ?)"


async def write(database: Database, user_id: str, entries: Sequence[Fill | Paid]) -> None:
    def insert(connection: apsw.Connection) -> None:
        for entry in entries:
            if isinstance(entry, Paid):
                connection.execute(_TRANSFER, (user_id, entry.amount_cents, entry.at_ms))
                continue
            side = "buy" if entry.shares > 0 else "sell"
            row = (user_id, entry.symbol, side, entry.price_e4, abs(entry.shares), entry.cash_cents, entry.at_ms)
            connection.execute(_FILL, row)

    await database.write(insert)
