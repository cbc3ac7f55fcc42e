"""When the exchange does not answer well, nothing is decided until it has been asked."""

import asyncio

import pytest

from locksley.domain import errors
from locksley.domain.order import Status
from tests.orders.broker import CALL_TIMEOUT_MS, GRACE_MS, RETRY_FIRST_MS, Broker
from tests.orders.venue import Fault
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote


async def test_silent_after_accepting(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    answer = await broker.buy(10, key="k1")
    assert (answer.status_code, answer.order.status) == (202, Status.PENDING)
    assert (await broker.account()).held_cents == 10 * 52_500
    again = await broker.buy(10, key="k1")
    assert (again.status_code, again.replayed, again.order.status) == (202, True, Status.PENDING)
    await broker.cleanup.sweep()
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    again = await broker.buy(10, key="k1")
    assert (again.status_code, again.order.status) == (202, Status.FILLED)
    assert len(broker.venue.orders()) == 1
    await broker.settle()


async def test_its_fill_on_the_feed_is_passed_over_until_the_order_is_known(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    answer = await broker.buy(10)
    await broker.read_feed()
    assert (await broker.now(answer.order)).status is Status.PENDING
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.TIMEOUT_BEFORE])
async def test_never_reached(broker: Broker, fault: Fault) -> None:
    broker.venue.place_line.fail(fault)
    answer = await broker.buy(10, 49_950, key="k1")
    assert (answer.status_code, answer.order.status) == (202, Status.PENDING)
    broker.clock.advance(10 * GRACE_MS)  # ours says that it is long past; the exchange's does not
    broker.venue_clock.advance(CALL_TIMEOUT_MS)
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).status is Status.PENDING
    assert (await broker.account()).held_cents == 499_500
    broker.venue_clock.advance(1)
    broker.clock.advance(RETRY_FIRST_MS)
    await broker.cleanup.sweep()
    order = await broker.now(answer.order)
    assert (order.status, order.reason) == (Status.FAILED, "never_reached_exchange")
    assert (await broker.account()).held_cents == 0
    again = await broker.buy(10, 49_950, key="k1")
    assert (again.status_code, again.order.status) == (202, Status.FAILED)
    assert broker.venue.orders() == []
    await broker.settle()


async def test_a_request_that_arrives_late_but_in_time(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.LATE)
    answer = await broker.buy(10)
    broker.advance(CALL_TIMEOUT_MS)
    await broker.cleanup.sweep()
    broker.venue.deliver_late()
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_a_request_that_arrives_after_its_deadline(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.LATE)
    answer = await broker.buy(10)
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FAILED
    broker.venue.deliver_late()
    assert broker.venue.orders() == []
    await broker.settle()


async def test_an_unreachable_exchange_decides_nothing(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_BEFORE)
    answer = await broker.buy(10, 49_950)
    broker.advance(3_600_000)
    for fault in (Fault.UNREACHABLE, Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
        broker.venue.look_up_line.fail(fault)
        with pytest.raises(Exception, match=r"no connection|timeout"):
            await broker.cleanup.sweep()
        assert (await broker.now(answer.order)).status is Status.PENDING
    await broker.settle()


async def test_what_was_filled_is_learnt_with_the_lookup(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    answer = await broker.buy(10, 49_950)
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.SUBMITTED
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.read_feed()  # the lookup put it into the index
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_a_fill_that_the_feed_never_told_is_found(broker: Broker) -> None:
    answer = await broker.buy(10, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).status is Status.SUBMITTED  # the feed may still tell
    await broker.sweep_after_silence()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()


async def test_a_new_epoch(broker: Broker) -> None:
    answer = await broker.buy(10, 49_950)
    await broker.read_feed()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    broker.venue.begin_epoch()  # the trade is in the old one, which the reader no longer gets
    broker.venue.happen(quote(4_980_000, 100, 4_994_000, 3))
    await broker.read_feed()
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).filled_shares == 7
    feed_position = await broker.orders.feed_position()
    assert feed_position is not None
    assert feed_position.epoch == 2
    await broker.settle()


async def test_everything_open_is_asked_about_page_by_page(broker: Broker) -> None:
    orders = [(await broker.buy(1, 49_000 + n)).order for n in range(15)]
    await broker.ask_about_everything_open()
    await broker.cleanup.sweep()
    assert [len(ids) for ids in broker.venue.look_up_line.sent] == [10, 5]
    assert {i for ids in broker.venue.look_up_line.sent for i in ids} == {order.order_id for order in orders}


async def test_asked_again_while_it_asks_about_everything_open(broker: Broker) -> None:
    await broker.buy(1, 49_000)
    broker.venue.look_up_line.answers_pass.clear()
    await broker.ask_about_everything_open()
    sweep = asyncio.create_task(broker.cleanup.sweep())
    await until(lambda: broker.venue.look_up_line.answers_held)
    for n in range(14):
        await broker.buy(1, 48_000 + n)
    await broker.ask_about_everything_open()
    broker.venue.look_up_line.answers_pass.set()
    await sweep
    broker.venue.look_up_line.sent.clear()
    await broker.cleanup.sweep()
    assert sum(map(len, broker.venue.look_up_line.sent)) == 15


async def test_an_exchange_that_lost_its_memory(broker: Broker) -> None:
    answer = await broker.buy(150, 50_000)
    assert answer.order.filled_shares == 100
    await broker.read_feed()
    broker.venue.lose_memory()
    await broker.read_feed()
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).status is Status.PARTIALLY_FILLED  # its deadline is not over
    await broker.sweep_after_grace()
    order = await broker.now(answer.order)
    assert (order.status, order.reason, order.filled_shares) == (Status.CANCELLED, "lost_by_exchange", 100)
    assert (await broker.account()).held_cents == 0
    [*_, row] = await broker.service.audit("ann", order.order_id)
    assert row.detail == "never_had while partially_filled"


async def test_an_answer_that_comes_after_clean_up_settled_the_order(broker: Broker) -> None:
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10))
    await until(lambda: broker.venue.place_line.answers_held)
    await broker.sweep_after_grace()
    assert (await broker.only_order()).status is Status.FILLED
    broker.venue.place_line.answers_pass.set()
    answer = await placing
    assert (answer.status_code, answer.order.status) == (201, Status.FILLED)
    await broker.settle()


async def test_our_clock_is_set_back(broker: Broker) -> None:
    await broker.buy(1, 49_940)
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    answer = await broker.buy(10)
    broker.clock.jump(-3_600_000)
    await broker.cleanup.sweep()
    assert (await broker.now(answer.order)).status is Status.FILLED
    assert (await broker.buy(1, 49_950)).order.status is Status.SUBMITTED  # its deadline is by the exchange's clock
    await broker.settle()


async def test_who_hangs_up_leaves_the_order_under_way(broker: Broker) -> None:
    broker.venue.place_line.answers_pass.clear()
    placing = asyncio.create_task(broker.buy(10))
    await until(lambda: broker.venue.place_line.answers_held)
    order = await broker.only_order()
    placing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await placing
    assert broker.gateway.placing(order.order_id) is not None  # so a cancel still waits for its outcome
    broker.venue.place_line.answers_pass.set()
    await until(lambda: broker.gateway.placing(order.order_id) is None)
    assert (await broker.now(order)).status is Status.FILLED
    await broker.settle()


async def test_a_key_is_in_progress_only_while_its_request_runs(broker: Broker) -> None:
    broker.venue.place_line.requests_pass.clear()
    placing = asyncio.create_task(broker.buy(10, key="k1"))
    await until(lambda: broker.venue.place_line.sent)
    with pytest.raises(errors.RequestInProgress):
        await broker.buy(10, key="k1")
    broker.venue.place_line.requests_pass.set()
    assert (await placing).status_code == 201
    assert (await broker.buy(10, key="k1")).replayed
