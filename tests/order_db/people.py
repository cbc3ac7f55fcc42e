"""The people of the tests' databases: an account each, its cash on record as a transfer, and shares if a test gives some."""

import apsw

from locksley.order_db.sqlite.database import Database

CASH_CENTS = 10_000_000


async def open_account(database: Database, user_id: str, cash_cents: int = CASH_CENTS) -> None:
    def insert(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO accounts (user_id, cash_cents) VALUES (?, ?)", (user_id, cash_cents))
        connection.execute(
            "INSERT INTO transfers (user_id, amount_cents, what, at_ms) VALUES (?, ?, 'paper_cash', 0)",
            (user_id, cash_cents),
        )

    await database.write(insert)


async def freeze(database: Database, user_id: str) -> None:
    await database.write(lambda c: c.execute("UPDATE accounts SET frozen = 1 WHERE user_id = ?", (user_id,)))
