"""A start does work for what is open, and not for all that ever was; and it asks the exchange little, however much is open."""

import asyncio
from pathlib import Path

import apsw

from locksley.config import Config
from locksley.embedded import embedded
from locksley.order_index.rebuild import rebuild
from tests.acceptance.residents import move_in
from tests.kills.broker import Broker
from tests.kills.open_orders import MARKET, place_and_store
from tests.kills.venue import Venue

OPEN, CLOSED = 2_000, 3_000
REQUESTS_MAX = 40  # status, symbols, the feed, one look-up or two by clean-up: far fewer than there are orders

_CLOSE_THE_OLDEST = """
    UPDATE orders SET status = 'cancelled' WHERE order_id IN (SELECT order_id FROM orders ORDER BY order_id LIMIT ?)"""


async def test_start_with_many_open_orders(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    people = await asyncio.to_thread(move_in, data_dir, 2)
    venue = Venue(tmp_path / "exchange.journal", *MARKET)
    await venue.start()
    broker = Broker(data_dir, venue.url, tmp_path / "log")
    try:
        await place_and_store(venue, data_dir, people, OPEN + CLOSED)
        _close(data_dir / "orders.sqlite", CLOSED)
        assert (
            await entries_written(data_dir) == OPEN + CLOSED
        )  # the first time, all of it: an old trade may still come
        before = (await venue.ask("GET", "/stats"))["requests"]
        await broker.start()
        asked = (await venue.ask("GET", "/stats"))["requests"] - before
        await broker.kill()
        assert asked < REQUESTS_MAX
        assert await entries_written(data_dir) == OPEN
    finally:
        await broker.kill()
        await venue.kill()


async def entries_written(data_dir: Path) -> int:
    """To the order index, by what a start does to bring it up to date."""
    async with embedded(Config(data_dir=data_dir)) as (on, _):
        return await rebuild(on.order_index, on.order_db)


def _close(database: Path, count: int) -> None:
    connection = apsw.Connection(str(database))
    with connection:
        connection.execute(_CLOSE_THE_OLDEST, (count,))
    connection.close()
