import asyncio

import pytest

from locksley.domain import errors
from locksley.domain.order import Status
from tests.orders.broker import Broker
from tests.orders.venue import Fault
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

CASH_CENTS = 10_000_000


async def test_a_cancel(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    cancelled = await broker.cancel(order)
    assert cancelled.done
    assert (cancelled.order.status, cancelled.order.reason) == (Status.CANCELLED, "cancelled_by_person")
    assert (await broker.account()).held_cents == 0
    assert (await broker.cancel(order)).done  # and once more it is so again
    assert len(broker.venue.cancel_line.sent) == 1
    await broker.settle()


async def test_a_cancel_of_what_is_left(broker: Broker) -> None:
    order = (await broker.buy(150, 50_000)).order
    cancelled = await broker.cancel(order)
    assert (cancelled.done, cancelled.order.status, cancelled.order.filled_shares) == (True, Status.CANCELLED, 100)
    account = await broker.account()
    assert (account.cash_cents, account.held_cents) == (CASH_CENTS - 100 * 50_000, 0)
    await broker.settle()


async def test_a_cancel_brings_the_fill_that_the_feed_has_not_told_yet(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    cancelled = await broker.cancel(order)
    assert (cancelled.order.status, cancelled.order.filled_shares) == (Status.CANCELLED, 4)
    assert (await broker.account()).held_cents == 0
    await broker.read_feed()
    assert await broker.now(order) == cancelled.order
    await broker.settle()


async def test_a_cancel_waits_for_the_outcome_of_the_placement(broker: Broker) -> None:
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await until(lambda: broker.venue.place_line.answers_held)
    order = await broker.only_order()
    commits = broker.disk.commits
    cancelling = asyncio.create_task(broker.cancel(order))
    await until(lambda: broker.disk.commits > commits)
    assert (await broker.now(order)).status is Status.PENDING_CANCEL
    assert broker.venue.cancel_line.sent == []
    broker.venue.place_line.answers_pass.set()
    answer, cancelled = await asyncio.gather(placing, cancelling)
    assert answer.status_code == 201
    assert (cancelled.done, cancelled.order.status) == (True, Status.CANCELLED)
    assert broker.venue.cancel_line.sent == [[cancelled.order.external_order_id]]
    await broker.settle()


async def test_who_hangs_up_on_a_cancel_leaves_the_placement_alone(broker: Broker) -> None:
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await until(lambda: broker.venue.place_line.answers_held)
    order = await broker.only_order()
    commits = broker.disk.commits
    cancelling = asyncio.create_task(broker.cancel(order))
    await until(lambda: broker.disk.commits > commits)
    await until(lambda: broker.disk.commits > commits and not cancelling.done())
    for _ in range(5):  # let it come to wait for the placement
        await asyncio.sleep(0)
    cancelling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelling
    broker.venue.place_line.answers_pass.set()
    answer = await placing
    assert (answer.status_code, answer.order.status) == (201, Status.PENDING_CANCEL)
    await broker.sweep_after_grace()
    assert (await broker.now(order)).status is Status.CANCELLED
    await broker.settle()


async def test_a_cancel_of_an_order_that_was_refused_meanwhile(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.REFUSE)
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10, 49_950))
    await until(lambda: broker.venue.place_line.answers_held)
    order = await broker.only_order()
    commits = broker.disk.commits
    cancelling = asyncio.create_task(broker.cancel(order))
    await until(lambda: broker.disk.commits > commits)
    broker.venue.place_line.answers_pass.set()
    refused, closed = await asyncio.gather(placing, cancelling, return_exceptions=True)
    assert isinstance(refused, errors.ExchangeRefused)
    assert isinstance(closed, errors.OrderClosed)
    assert (await broker.now(order)).status is Status.FAILED
    await broker.settle()


async def test_a_cancel_loses_to_a_fill(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    with pytest.raises(errors.OrderClosed) as too_late:
        await broker.cancel(order)
    assert too_late.value.members["order"].status is Status.FILLED
    with pytest.raises(errors.OrderClosed):
        await broker.cancel(order)
    assert (await broker.now(order)).filled_shares == 10
    await broker.settle()


async def test_two_cancels_at_once(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.cancel_line.answers_pass.clear()
    first = asyncio.create_task(broker.cancel(order))
    await until(lambda: broker.venue.cancel_line.answers_held)
    second = asyncio.create_task(broker.cancel(order))
    await until(lambda: broker.venue.cancel_line.answers_held == 2)
    broker.venue.cancel_line.answers_pass.set()
    answers = await asyncio.gather(first, second)
    assert [(answer.done, answer.order.status) for answer in answers] == [(True, Status.CANCELLED)] * 2
    assert (await broker.account()).held_cents == 0
    await broker.settle()


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.LATE])
async def test_a_cancel_without_an_answer_is_settled_by_clean_up(broker: Broker, fault: Fault) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.cancel_line.fail(fault)
    cancelled = await broker.cancel(order)
    assert (cancelled.done, cancelled.order.status) == (False, Status.PENDING_CANCEL)
    assert (await broker.account()).held_cents == 499_500
    await broker.sweep_after_grace()
    assert (await broker.now(order)).status is Status.CANCELLED
    await broker.settle()


async def test_a_cancel_without_an_answer_and_a_fill(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.cancel_line.fail(Fault.TIMEOUT_BEFORE)
    await broker.cancel(order)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    assert (await broker.now(order)).status is Status.PENDING_CANCEL
    broker.venue.happen(quote(4_980_000, 100, 4_994_000, 100))
    await broker.read_feed()
    assert (await broker.now(order)).status is Status.FILLED
    await broker.settle()


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.LATE])
async def test_a_cancel_of_an_order_that_nobody_knows_of(broker: Broker, fault: Fault) -> None:
    broker.venue.place_line.fail(fault)
    order = (await broker.buy(10, 49_950)).order
    cancelled = await broker.cancel(order)
    assert (cancelled.done, cancelled.order.status) == (False, Status.PENDING_CANCEL)
    assert broker.venue.cancel_line.sent == []
    broker.venue.deliver_late()
    await broker.sweep_after_grace()
    assert (await broker.now(order)).status is Status.CANCELLED
    assert (await broker.account()).held_cents == 0
    await broker.settle()


async def test_a_lookup_that_was_overtaken_by_the_cancel_is_no_alarm(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.look_up_line.answers_pass.clear()
    sweep = asyncio.create_task(broker.sweep_after_silence())
    await until(lambda: broker.venue.look_up_line.answers_held)  # it says that the order is open
    assert (await broker.cancel(order)).done
    broker.venue.look_up_line.answers_pass.set()
    await sweep
    assert (await broker.now(order)).status is Status.CANCELLED
    assert [row.detail for row in await broker.service.audit("ann", order.order_id) if row.detail] == []
    await broker.settle()


async def test_a_cancel_at_an_exchange_known_to_be_down_is_not_begun(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.up = False
    for n in range(3):
        await broker.buy(1, 40_000 + n)
    with pytest.raises(errors.ExchangeUnavailable):
        await broker.cancel(order)
    assert (await broker.now(order)).status is Status.SUBMITTED
