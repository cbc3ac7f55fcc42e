"""The process dies at every commit of a life, before it and after it, and between the commits; a new one settles what is left."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from locksley.domain.order import Status
from locksley.order_db.port import OrderFilter, Page
from tests.orders.broker import Broker
from tests.orders.disk import Fate
from tests.orders.venue import Fault, Line
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

Story = Callable[[Broker], Awaitable[Any]]


async def market_buy(broker: Broker) -> None:
    await broker.buy(10, key="k1")
    await broker.read_feed()


async def rests_then_fills(broker: Broker) -> None:
    await broker.buy(10, 49_950, key="k1")
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    broker.venue.happen(quote(4_980_000, 100, 4_994_000, 100))
    await broker.read_feed()


async def partly_filled_then_cancelled(broker: Broker) -> None:
    order = (await broker.buy(150, 50_000, key="k1")).order
    await broker.cancel(order)
    await broker.read_feed()


async def silent_then_cleaned_up(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    await broker.buy(10, key="k1")
    await broker.sweep_after_grace()


async def refused(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.REFUSE)
    with contextlib.suppress(Exception):
        await broker.buy(10, 49_950, key="k1")


async def bought_and_sold_between_two(broker: Broker) -> None:
    await broker.buy(10)
    await broker.sell(10, 49_950)
    await broker.buy(10, 49_950, user_id="bob", key="k1")
    await broker.read_feed()


async def cancel_without_an_answer(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950, key="k1")).order
    broker.venue.cancel_line.fail(Fault.TIMEOUT_AFTER)
    await broker.cancel(order)
    await broker.sweep_after_grace()


STORIES: list[tuple[Story, int]] = [  # with the commits that it takes
    (market_buy, 3),
    (rests_then_fills, 4),
    (partly_filled_then_cancelled, 5),
    (silent_then_cleaned_up, 5),
    (refused, 2),
    (bought_and_sold_between_two, 7),
    (cancel_without_an_answer, 6),
]
CRASHES = [
    pytest.param(story, at, fate, id=f"{story.__name__}-{fate.name.lower()}-{at}")
    for story, commits in STORIES
    for at in range(1, commits + 1)
    for fate in (Fate.DIES_BEFORE, Fate.DIES_AFTER)
]


@pytest.mark.parametrize(("story", "commits"), STORIES, ids=lambda value: getattr(value, "__name__", None))
async def test_the_commits_of_each_story_are_as_many_as_are_tried(broker: Broker, story: Story, commits: int) -> None:
    broker.disk.arm({})
    await story(broker)
    assert broker.disk.commits == commits
    await broker.settle()


@pytest.mark.parametrize(("story", "at", "fate"), CRASHES)
async def test_crash_at_a_commit(broker: Broker, story: Story, at: int, fate: Fate) -> None:
    broker.disk.arm({at: fate})
    running = asyncio.ensure_future(story(broker))
    died = asyncio.create_task(broker.disk.died.wait())
    async with asyncio.timeout(10):
        await died
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await broker.restart()
    broker.check()
    # What is found pending at a start is not sent; a client that asks again with its key does not place a second one.
    sent = len(broker.venue.place_line.sent)
    await broker.settle()
    assert len(broker.venue.place_line.sent) == sent
    for user_id in ("ann", "bob"):
        keyed = await broker.orders.orders(user_id, OrderFilter(idempotency_key="k1"), Page(10))
        assert len(keyed) <= 1
    ids = [order.client_order_id for order in broker.venue.orders()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("where", ["request on its way", "answer on its way"])
@pytest.mark.parametrize("line", ["place", "cancel", "look_up"])
async def test_crash_while_the_exchange_is_asked(broker: Broker, line: str, where: str) -> None:
    asked: Line = getattr(broker.venue, f"{line}_line")
    order = None
    if line != "place":
        order = (await broker.buy(10, 49_950)).order
    (asked.requests_pass if where == "request on its way" else asked.answers_pass).clear()
    running: asyncio.Future[Any]
    if order is None:
        running = asyncio.create_task(broker.buy(10, key="k1"))
    elif line == "cancel":
        running = asyncio.create_task(broker.cancel(order))
    else:
        running = asyncio.create_task(broker.sweep_after_silence())
    await until(lambda: asked.sent if where == "request on its way" else asked.answers_held)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await broker.restart()
    asked.requests_pass.set()
    asked.answers_pass.set()
    broker.check()
    await broker.settle()
    [only] = await broker.all_orders()
    expected = {
        ("place", "request on its way"): Status.FAILED,
        ("place", "answer on its way"): Status.FILLED,
        ("cancel", "request on its way"): Status.CANCELLED,
        ("cancel", "answer on its way"): Status.CANCELLED,
    }
    assert only.status is expected.get((line, where), Status.SUBMITTED)


async def test_fills_while_nobody_was_there(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    await broker.read_feed()
    await broker.crash()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.start()
    await broker.read_feed()
    assert (await broker.now(order)).status is Status.FILLED
    await broker.settle()


@pytest.mark.parametrize(("fate", "stored"), [(Fate.DIES_BEFORE, False), (Fate.DIES_AFTER, True)])
async def test_a_fill_and_the_feed_position_are_stored_together(broker: Broker, fate: Fate, stored: bool) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    before = await broker.orders.feed_position()
    assert before is not None
    broker.venue.happen(quote(4_980_000, 100, 4_994_000, 3))
    broker.disk.arm({1: fate})
    reading = asyncio.create_task(broker.read_feed())
    await broker.disk.died.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await broker.restart()
    expected = (7, before.sequence + 1) if stored else (4, before.sequence)
    after = await broker.orders.feed_position()
    assert after is not None
    assert ((await broker.now(order)).filled_shares, after.sequence) == expected
    await broker.read_feed()
    assert (await broker.now(order)).filled_shares == 7
    await broker.settle()
