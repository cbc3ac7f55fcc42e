"""At the end: the books against the exchange's record, and what people were told against the books."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import apsw

from paper_exchange.order import Order
from tests.acceptance.exchange_record import ExchangeRecord
from tests.invariants import check_file

AGAIN_S = 1.0


async def agreed(database: Path, exchange_url: str, within_s: float) -> list[Order]:
    """Returns the exchange's orders once all is settled and every share and cent agrees. Raises AssertionError with what does not."""
    until_s = time.monotonic() + within_s
    record = ExchangeRecord(exchange_url)
    while True:
        orders = await asyncio.to_thread(record.orders)
        try:
            await asyncio.to_thread(check_file, database, orders, settled=True)
        except AssertionError:
            if time.monotonic() > until_s:
                raise
            await asyncio.sleep(AGAIN_S)
        else:
            return orders


def check_told(database: Path, told: Mapping[str, str], refused: Mapping[str, str], orders: list[Order]) -> None:
    """Each order that people were told of is there once; there is none that nobody was told of; each key has one at most."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        stored = dict(connection.execute("SELECT order_id, status FROM orders"))
        [[rows]] = connection.execute("SELECT count(*) FROM orders")
        of_keys = dict(connection.execute("SELECT key, order_id FROM idempotency_keys"))
        frozen = list(connection.execute("SELECT user_id FROM accounts WHERE frozen = 1"))
    finally:
        connection.close()
    there = {order.client_order_id for order in orders}
    wrong = [f"{rows - len(stored)} order ids are there more than once"] * (rows != len(stored))
    wrong += [f"{name} was told to {count} keys" for name, count in Counter(told.values()).items() if count > 1]
    wrong += [f"lost: {name}, told to key {key}" for key, name in told.items() if name not in stored]
    wrong += [f"nobody was told of {name}, {stored[name]}" for name in stored.keys() - set(told.values())]
    wrong += [
        f"key {key} was told {name} and has {of_keys.get(key)}"
        for key, name in told.items()
        if of_keys.get(key) != name
    ]
    wrong += [f"key {key} was refused as {code} and has an order" for key, code in refused.items() if key in of_keys]
    wrong += [
        f"{name} is {status} here and unknown at the exchange"
        for name, status in stored.items()
        if name not in there and status not in ("failed", "cancelled")
    ]
    wrong += [f"frozen: {user_id}" for user_id in frozen]
    assert not wrong, "\n".join(wrong[:50])
