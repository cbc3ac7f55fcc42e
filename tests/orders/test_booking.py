"""What is learnt about many orders at once, and what goes on while it is being stored."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from locksley.domain.order import Status
from locksley.exchange.port import AsOf, NewOrder, Placements
from locksley.orders.booking import AT_ONCE_MAX
from tests.orders.broker import Broker
from tests.orders.disk import Fate
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

MANY = AT_ONCE_MAX + 4


async def test_position_of_the_feed_is_stored_with_the_last_of_many_fills(broker: Broker) -> None:
    for _ in range(MANY):
        assert (await broker.buy(1, 49_950)).status_code == 201
    await broker.read_feed()
    before = await broker.orders.feed_position()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    broker.disk.arm({2: Fate.WAITS})
    reading = asyncio.create_task(broker.read_feed())
    await broker.disk.waits.wait()
    assert sum(order.status is Status.FILLED for order in await broker.all_orders()) == AT_ONCE_MAX
    assert await broker.orders.feed_position() == before
    broker.disk.go.set()
    await reading
    assert all(order.status is Status.FILLED for order in await broker.all_orders())
    after = await broker.orders.feed_position()
    assert after is not None
    assert before is None or after > before
    await broker.settle()


async def test_a_part_that_is_not_stored_is_read_again_with_all_of_it(broker: Broker) -> None:
    for _ in range(MANY):
        await broker.buy(1, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    broker.disk.arm({1: Fate.FAILS, 3: Fate.FAILS})
    await broker.read_feed()
    assert all(order.status is Status.FILLED for order in await broker.all_orders())
    await broker.settle()


async def test_a_lane_sends_what_waits_while_the_answer_before_is_being_booked(broker: Broker) -> None:
    await broker.crash()
    await broker.start(lanes=1)
    line = broker.venue.place_line
    line.answers_pass.clear()
    first = asyncio.create_task(broker.buy(1, 40_000))
    await until(lambda: line.answers_held)
    second = asyncio.create_task(broker.buy(1, 40_000, user_id="bob"))
    await until(lambda: broker.gateway.placements_waiting)
    broker.disk.arm({1: Fate.WAITS})
    line.answers_pass.set()
    await broker.disk.waits.wait()
    await until(lambda: len(line.sent) == 2)
    assert not first.done()
    broker.disk.go.set()
    assert [(await placed).order.status for placed in (first, second)] == [Status.SUBMITTED, Status.SUBMITTED]
    await broker.settle()


async def test_a_trade_that_overtook_an_answer_is_booked_with_it_whatever_the_answer_holds_as_of(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = broker.venue.place

    async def untrue(orders: Sequence[NewOrder]) -> Placements:
        return msgspec.structs.replace(await place(orders), as_of=AsOf(1, 1_000_000, broker.clock.now_ms()))

    monkeypatch.setattr(broker.venue, "place", untrue)
    line = broker.venue.place_line
    line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await until(lambda: line.answers_held)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.read_feed()
    line.answers_pass.set()
    assert (await placing).order.status is Status.FILLED
    await broker.settle()
