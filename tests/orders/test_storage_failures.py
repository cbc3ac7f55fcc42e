"""The disk is full at one commit of an order's life. Whatever was said to the person is true, and it settles afterwards.

That a real full disk ends in the same way is for `tests/order_db/test_database.py`; here the failure has to hit one chosen commit.
"""

import asyncio

import pytest

from locksley.domain import errors
from locksley.domain.order import Status
from tests.orders.broker import Broker
from tests.orders.disk import Fate
from tests.orders.venue import Fault
from tests.paper_exchange.fixed_market import quote


async def test_storing_the_order_fails(broker: Broker) -> None:
    broker.disk.arm({1: Fate.FAILS})
    with pytest.raises(errors.StorageUnavailable):
        await broker.buy(10, key="k1")
    assert await broker.all_orders() == []
    assert broker.venue.place_line.sent == []
    assert (await broker.account()).held_cents == 0
    assert (await broker.buy(10, key="k1")).status_code == 201
    await broker.settle()


async def test_storing_the_answer_fails(broker: Broker) -> None:
    broker.disk.arm({2: Fate.FAILS})
    answer = await broker.buy(10, key="k1")
    assert (answer.status_code, answer.order.status) == (202, Status.PENDING)
    assert (await broker.buy(10, key="k1")).status_code == 202
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_noting_that_the_outcome_is_unknown_fails(broker: Broker) -> None:
    """The order is stored and may be at the exchange: to say that nothing was done would be a lie."""
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    broker.disk.arm({2: Fate.FAILS})
    answer = await broker.buy(10, key="k1")
    assert (answer.status_code, answer.order.status) == (202, Status.PENDING)
    assert answer.order == await broker.only_order()
    await broker.settle()


async def test_everything_after_storing_the_order_fails(broker: Broker) -> None:
    broker.disk.arm(dict.fromkeys(range(2, 10), Fate.FAILS))
    answer = await broker.buy(10, key="k1")
    assert answer.status_code == 202
    broker.disk.arm({})
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_storing_a_fill_fails_until_it_does_not(broker: Broker) -> None:
    answer = await broker.buy(10, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    broker.disk.arm({1: Fate.FAILS, 2: Fate.FAILS})
    await broker.read_feed()
    assert broker.disk.commits == 3
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_storing_that_a_cancel_was_asked_fails(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.disk.arm({1: Fate.FAILS})
    with pytest.raises(errors.StorageUnavailable):
        await broker.cancel(order)
    assert await broker.now(order) == order
    assert broker.venue.cancel_line.sent == []
    await broker.settle()


async def test_storing_the_answer_to_a_cancel_fails(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.disk.arm({2: Fate.FAILS})
    cancelled = await broker.cancel(order)
    assert (cancelled.done, cancelled.order.status) == (False, Status.PENDING_CANCEL)
    await broker.sweep_after_grace()
    assert (await broker.now(order)).status is Status.CANCELLED
    await broker.settle()


async def test_what_clean_up_learnt_cannot_be_stored(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    await broker.cleanup.sweep()
    answer = await broker.buy(10)
    broker.disk.arm({2: Fate.FAILS})  # the first renews the lease
    with pytest.raises(errors.StorageUnavailable):
        await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.PENDING
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_what_was_asked_about_everything_open_is_asked_again(broker: Broker) -> None:
    await broker.buy(10, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.ask_about_everything_open()
    broker.disk.arm({3: Fate.FAILS})  # after the lease and the pauses
    with pytest.raises(errors.StorageUnavailable):
        await broker.cleanup.sweep()
    for n in range(14):
        await broker.buy(1, 49_000 + n)
    broker.venue.look_up_line.sent.clear()
    await broker.cleanup.sweep()
    assert sum(map(len, broker.venue.look_up_line.sent)) == 15
    await broker.settle()


async def test_one_failed_commit_fails_everybody_in_it_and_nobody_else(broker: Broker) -> None:
    broker.disk.arm({1: Fate.FAILS})
    answers = await asyncio.gather(*(broker.buy(1, 49_900 + n) for n in range(5)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {errors.StorageUnavailable}
    assert (await broker.buy(1, 49_900)).status_code == 201
    await broker.settle()
