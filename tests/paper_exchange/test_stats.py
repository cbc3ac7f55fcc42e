import asyncio
import socket
from collections.abc import Callable

from tests.paper_exchange.venue import Venue, order


async def test_connections_are_counted_by_what_they_were_used_for(
    venue: Venue, eventually: Callable[..., asyncio.Future[None]]
) -> None:
    stats = venue.running.stats
    async with venue.new_session() as one, venue.new_session() as two, venue.new_session() as asker:
        for session in (one, two):
            for _ in range(3):
                await (await session.get("/status")).read()
        await (await asker.get("/stats")).read()
        feed = await one.get("/trades/stream?client=c")
        await feed.content.readline()
        answer = await venue.get("/stats")
        assert answer["orderEntry"] == {"open": 2, "most": 2, "ever": 2}
        assert answer["feed"] == {"open": 1, "most": 1, "ever": 1}
        assert answer["requests"] == 6
        feed.close()
    await eventually(lambda: stats.feed.open == stats.order_entry.open == 0)
    answer = await venue.get("/stats")
    assert answer["feed"] == {"open": 0, "most": 1, "ever": 1}
    assert answer["orderEntry"]["most"] == 2


async def test_a_connection_that_breaks_is_no_longer_open(
    venue: Venue, eventually: Callable[..., asyncio.Future[None]]
) -> None:
    stats = venue.running.stats
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", venue.running.port)) as connection:
            connection.sendall(b"GET /trades/stream?client=x HTTP/1.1\r\nHost: x\r\n\r\n")
            await eventually(lambda: stats.feed.open == 1)
        await eventually(lambda: stats.feed.open == 0)
    assert (stats.feed.most, stats.feed.ever) == (1, 5)


async def test_orders_and_cancels_are_counted(venue: Venue) -> None:
    await venue.place(order("a"), order("b"))
    await venue.ask("POST", "/cancels", [{"clientOrderId": "a"}])
    answer = await venue.get("/stats")
    assert (answer["requests"], answer["orders"], answer["cancels"]) == (2, 2, 1)
