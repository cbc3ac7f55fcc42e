"""Live order updates: each one, once, in order, whoever loses a hint or falls behind."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from locksley.domain import errors
from locksley.domain.order import Status
from locksley.order_db.port import OrderUpdate
from locksley.orders.updates import OrderUpdates, Reset
from tests.orders.broker import Broker
from tests.paper_exchange.fixed_market import quote

Stream = AsyncGenerator[Sequence[OrderUpdate] | Reset, None]


async def take(stream: Stream, count: int) -> list[OrderUpdate]:
    taken: list[OrderUpdate] = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            news = await anext(stream)
            assert not isinstance(news, Reset)
            taken += news
    return taken


def told(updates: Sequence[OrderUpdate]) -> list[tuple[int, Status]]:
    return [(update.number, update.order.status) for update in updates]


async def test_from_now_on(broker: Broker) -> None:
    await broker.buy(1, 49_900)
    async with aclosing(broker.updates.stream("ann", None)) as stream:
        reading = asyncio.create_task(take(stream, 4))
        await asyncio.sleep(0)
        order = (await broker.buy(10, 49_950)).order
        await broker.cancel(order)
        updates = await reading
    assert told(updates) == [
        (3, Status.PENDING),
        (4, Status.SUBMITTED),
        (5, Status.PENDING_CANCEL),
        (6, Status.CANCELLED),
    ]
    assert {update.order.order_id for update in updates} == {order.order_id}


async def test_from_where_it_broke_off(broker: Broker) -> None:
    await broker.buy(10)
    await broker.buy(10, 49_950)
    async with aclosing(broker.updates.stream("ann", 1)) as stream:
        assert told(await take(stream, 4)) == [
            (2, Status.SUBMITTED),
            (3, Status.FILLED),
            (4, Status.PENDING),
            (5, Status.SUBMITTED),
        ]
    await broker.restart()
    async with aclosing(broker.updates.stream("ann", 4)) as stream:
        assert told(await take(stream, 1)) == [(5, Status.SUBMITTED)]


async def test_nobody_gets_anothers_updates(broker: Broker) -> None:
    async with aclosing(broker.updates.stream("bob", 0)) as stream:
        await broker.buy(10)
        await broker.buy(1, 49_900, user_id="bob")
        updates = await take(stream, 2)
    assert {update.user_id for update in updates} == {update.order.user_id for update in updates} == {"bob"}


@pytest.mark.parametrize("last_number", [99, -5])
async def test_a_number_that_was_never_given_is_reset(broker: Broker, last_number: int) -> None:
    order = (await broker.buy(10, 49_950)).order
    async with aclosing(broker.updates.stream("ann", last_number)) as stream:
        assert await anext(stream) == Reset(2, [order])
        await broker.cancel(order)
        assert [update.number for update in await take(stream, 2)] == [3, 4]


async def _fill_one_by_one(broker: Broker, count: int) -> None:
    broker.venue.happen(*[quote(9_900, 1, 10_000, 1)] * count)
    await broker.read_feed()


async def test_updates_that_are_no_longer_kept_are_reset(broker: Broker) -> None:
    order = (await broker.buy(3_000, 100)).order
    async with aclosing(broker.updates.stream("ann", 0)) as slow:
        assert [update.number for update in await take(slow, 2)] == [1, 2]
        for _ in range(3):  # meanwhile what it has not read yet is forgotten
            await _fill_one_by_one(broker, 700)
        assert await anext(slow) == Reset(2_102, [await broker.now(order)])
        await _fill_one_by_one(broker, 1)
        assert [update.number for update in await take(slow, 1)] == [2_103]
    async with aclosing(broker.updates.stream("ann", 2)) as late:
        assert isinstance(await anext(late), Reset)


async def test_a_lost_hint_costs_no_update(broker: Broker) -> None:
    unheard = OrderUpdates(broker.orders, _DeafBus(), poll_ms=1, heartbeat_ms=60_000, streams_per_person_max=1)
    polling = asyncio.create_task(unheard.run())
    async with aclosing(unheard.stream("ann", None)) as stream:
        reading = asyncio.create_task(take(stream, 2))
        await asyncio.sleep(0)
        await broker.buy(10, 49_950)
        assert told(await reading) == [(1, Status.PENDING), (2, Status.SUBMITTED)]
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def test_a_quiet_stream_beats(broker: Broker) -> None:
    updates = OrderUpdates(broker.orders, _DeafBus(), poll_ms=10, heartbeat_ms=1, streams_per_person_max=1)
    async with aclosing(updates.stream("ann", None)) as stream:
        assert await anext(stream) == ()


def test_too_many_streams_of_one_person(broker: Broker) -> None:
    for _ in range(3):
        broker.updates.take_place("ann")
    with pytest.raises(errors.TooManyStreams):
        broker.updates.take_place("ann")
    broker.updates.take_place("bob")
    broker.updates.leave_place("ann")
    broker.updates.take_place("ann")


class _DeafBus:
    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        pass

    async def subscribe(self, channel: str, handler: object) -> None:
        pass

    async def unsubscribe(self, channel: str, handler: object) -> None:
        pass
