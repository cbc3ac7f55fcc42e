"""`python -m tests.kills.open_orders`: how long a broker takes from start to ready when so many orders are open.

They are placed at a real exchange first, over its interface and in batches, then written straight into a data directory with the ids that
it gave. The broker starts on it, is killed, and starts again: the first time its order index is filled whole, then with what is open.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import click
import uvloop

from locksley.data_dir import DataDir
from locksley.domain.order import Order, OrderType, Side, Status
from locksley.order_db.sqlite.rows import ORDER_COLUMNS, row_of
from locksley.orders.identity import OrderIds
from tests.acceptance.residents import Resident, move_in
from tests.kills.agreement import agreed
from tests.kills.broker import Broker
from tests.kills.venue import Venue

PEOPLE = 100
PAPER_CASH_CENTS = 10_000_000_000
LIMIT_CENTS = 1
BATCH_ORDERS = 500
NOT_AFTER = "2100-01-01T00:00:00Z"
NOT_AFTER_MS = 4_102_444_800_000
CREATED_MS = 1_700_000_000_000
AGREED_S_MAX = 120.0
MARKET = ("--symbols", "20", "--trades-per-second", "50")

_INSERT = f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES ({', '.join('?' * 17)})"
_AUDIT = """
    INSERT INTO audit (at_ms, user_id, order_id, what, result, actor, address, request_id, detail)
    VALUES (?, ?, ?, 'placed', 'submitted', ?, '', '', '')"""


async def place_and_store(venue: Venue, data_dir: Path, people: list[Resident], count: int) -> None:
    """Limit orders that nobody meets, `count` of them, at the exchange and in the database, each held for."""
    [symbol, *_] = [item["symbol"] for item in (await venue.ask("GET", "/symbols"))["items"]]
    ids = OrderIds(lambda bits: 0)
    connection = apsw.Connection(str(DataDir(data_dir).database))
    try:
        for first in range(0, count, BATCH_ORDERS):
            drafts = [
                _draft(ids.new(CREATED_MS + number), people[number % len(people)], symbol, CREATED_MS + number)
                for number in range(first, min(first + BATCH_ORDERS, count))
            ]
            placed = (await venue.ask("POST", "/orders", [_wanted(draft) for draft in drafts]))["items"]
            _store(connection, [_taken(draft, item) for draft, item in zip(drafts, placed, strict=True)])
    finally:
        connection.close()


def _draft(order_id: str, person: Resident, symbol: str, at_ms: int) -> Order:
    return Order(
        order_id=order_id,
        user_id=person.user_id,
        side=Side.BUY,
        symbol=symbol,
        type=OrderType.LIMIT,
        num_shares=1,
        price_cents=LIMIT_CENTS,
        worst_price_cents=LIMIT_CENTS,
        status=Status.SUBMITTED,
        not_after_ms=NOT_AFTER_MS,
        created_at_ms=at_ms,
        updated_at_ms=at_ms,
    )


def _wanted(order: Order) -> dict[str, Any]:
    return {
        "clientOrderId": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "type": order.type,
        "priceE4": LIMIT_CENTS * 100,
        "numShares": order.num_shares,
        "notAfter": NOT_AFTER,
    }


def _taken(order: Order, item: dict[str, Any]) -> tuple[Any, ...]:
    assert item["result"] == "accepted", item
    row = list(row_of(order))
    row[ORDER_COLUMNS.split(", ").index("external_order_id")] = item["externalOrderId"]
    return tuple(row)


def _store(connection: apsw.Connection, rows: list[tuple[Any, ...]]) -> None:
    with connection:
        connection.executemany(_INSERT, rows)
        connection.executemany(_AUDIT, [(CREATED_MS, row[0], row[1], row[0]) for row in rows])
        connection.executemany(
            "UPDATE accounts SET held_cents = held_cents + ? WHERE user_id = ?",
            [(LIMIT_CENTS, row[0]) for row in rows],
        )


async def measure(home: Path, count: int, starts: int, say: Callable[[str], None]) -> list[float]:
    """Seconds from start to ready, of the first start and of each after a kill."""
    people = await asyncio.to_thread(move_in, home / "data", PEOPLE, PAPER_CASH_CENTS)
    venue = Venue(home / "exchange.journal", *MARKET)
    await venue.start()
    broker = Broker(home / "data", venue.url, home / "log")
    try:
        await place_and_store(venue, home / "data", people, count)
        say(f"{count:,} open orders at the exchange and in the data directory")
        took_s = []
        for number in range(1 + starts):
            took_s.append(await broker.start())
            say(f"{'first start' if number == 0 else f'start {number} after a kill'}: ready in {took_s[-1]:.2f} s")
            await broker.kill()
        await broker.start()
        await agreed(broker.data_dir / "orders.sqlite", venue.url, AGREED_S_MAX)
        return took_s
    finally:
        await broker.kill()
        await venue.kill()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--orders", default=100_000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--starts", default=5, show_default=True, type=click.IntRange(1, 100), help="After a kill each.")
@click.option("--at-most-s", default=5.0, show_default=True, help="Exit code 1 when a start takes longer.")
def main(orders: int, starts: int, at_most_s: float) -> None:
    """Measure how long a broker takes from start to ready with many open orders."""
    with tempfile.TemporaryDirectory(prefix="locksley-open-orders-") as home:
        first_s, *rest_s = uvloop.run(measure(Path(home), orders, starts, lambda line: print(line, flush=True)))
    print(
        f"{orders:,} open orders: ready {first_s:.2f} s after the first start (index filled whole), "
        f"after a kill median {statistics.median(rest_s):.2f} s, most {max(rest_s):.2f} s"
    )
    sys.exit(max(first_s, *rest_s) > at_most_s)


if __name__ == "__main__":
    main()
