"""A person decides about what nobody could settle; only what is proved is settled without one."""

import pytest

from locksley.domain import errors
from locksley.domain.order import Order, Status
from locksley.order_db.port import Source
from locksley.orders.dead_letters import NO_ANSWER, NotDiscarded
from paper_exchange.order import Execution
from tests.orders.broker import GRACE_MS, Broker
from tests.orders.venue import Fault
from tests.paper_exchange.fixed_market import quote

OPERATOR = Source("operator", "127.0.0.1", "r1")


async def until_dead(broker: Broker) -> None:
    broker.advance(GRACE_MS + 1)
    for _ in range(5):
        await broker.cleanup.sweep()
        broker.clock.advance(8_000)


async def with_a_fill_that_was_taken_back(broker: Broker) -> tuple[Order, Execution]:
    """4 of 10 shares are booked; the exchange has closed the order, and knows nothing of them any more."""
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    there = broker.venue.order(order.order_id)
    execution = there.executions.pop()
    there.filled_shares -= execution.num_shares
    broker.venue.cancel_line.fail(Fault.TIMEOUT_AFTER)
    await broker.cancel(order)
    await until_dead(broker)
    return order, execution


def put_back(broker: Broker, order: Order, execution: Execution) -> None:
    there = broker.venue.order(order.order_id)
    there.executions.append(execution)
    there.filled_shares += execution.num_shares


async def test_what_is_closed_there_with_other_fills_is_dead(broker: Broker) -> None:
    order, execution = await with_a_fill_that_was_taken_back(broker)
    [letter] = await broker.dead_letters.letters("", 10)
    assert letter.order.order_id == order.order_id
    assert letter.settling.last_error == "the exchange says that 0 shares are filled; 4 are booked"
    assert (await broker.account()).held_cents == 6 * 49_950
    put_back(broker, order, execution)


async def test_a_retry_that_settles(broker: Broker) -> None:
    order, execution = await with_a_fill_that_was_taken_back(broker)
    assert (await broker.dead_letters.retry(order.order_id, OPERATOR)).unsettled is not None
    put_back(broker, order, execution)
    retried = await broker.dead_letters.retry(order.order_id, OPERATOR)
    assert (retried.order.status, retried.unsettled) == (Status.CANCELLED, None)
    assert await broker.dead_letters.letters("", 10) == []
    with pytest.raises(errors.NotFound):
        await broker.dead_letters.retry(order.order_id, OPERATOR)
    await broker.settle()


async def test_a_retry_without_an_answer(broker: Broker) -> None:
    order, execution = await with_a_fill_that_was_taken_back(broker)
    broker.venue.up = False
    with pytest.raises(errors.ExchangeUnavailable):
        await broker.dead_letters.retry(order.order_id, OPERATOR)
    [letter] = await broker.dead_letters.letters("", 10)
    assert letter.order == await broker.now(order)
    broker.venue.up = True
    put_back(broker, order, execution)


@pytest.mark.parametrize("answers", [True, False])
async def test_discard(broker: Broker, answers: bool) -> None:
    order, execution = await with_a_fill_that_was_taken_back(broker)
    broker.venue.up = answers
    with pytest.raises(errors.Malformed):
        await broker.dead_letters.discard(order.order_id, "  ", OPERATOR)
    discarded = await broker.dead_letters.discard(order.order_id, "the exchange's desk confirms it", OPERATOR)
    assert (discarded.status, discarded.reason, discarded.filled_shares) == (Status.CANCELLED, "discarded", 4)
    assert (await broker.account()).held_cents == 0
    rows = [row for row in await broker.dead_letters.audit_trail(order.order_id) if row.source == OPERATOR]
    says = "the exchange says that 0 shares are filled; 4 are booked" if answers else NO_ANSWER
    assert rows[-2].what == "discarded"
    assert rows[-2].detail == f"the exchange's desk confirms it ({says})"
    assert rows[-1].result == "pending_cancel -> cancelled"
    assert await broker.dead_letters.letters("", 10) == []
    broker.venue.up = True
    put_back(broker, order, execution)


async def test_what_might_still_be_taken_is_not_discarded(broker: Broker) -> None:
    broker.venue.place_line.fail(Fault.TIMEOUT_BEFORE)
    order = (await broker.buy(1, 49_000)).order
    broker.clock.advance(GRACE_MS + 1)
    for _ in range(5):
        await broker.cleanup.sweep()
        broker.clock.advance(8_000)
    with pytest.raises(NotDiscarded):
        await broker.dead_letters.discard(order.order_id, "enough of it", OPERATOR)
    assert (await broker.account()).held_cents == 49_000
    broker.venue_clock.advance(GRACE_MS)
    discarded = await broker.dead_letters.discard(order.order_id, "enough of it", OPERATOR)
    assert (discarded.status, discarded.reason) == (Status.FAILED, "never_reached_exchange")  # proved, not discarded
    await broker.settle()


async def test_what_is_open_there_is_not_discarded(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    there = broker.venue.order(order.order_id)
    execution = there.executions.pop()
    there.filled_shares -= execution.num_shares
    await until_dead(broker)
    with pytest.raises(NotDiscarded):
        await broker.dead_letters.discard(order.order_id, "enough of it", OPERATOR)
    assert (await broker.now(order)).is_open
    put_back(broker, order, execution)
    await broker.settle()


async def test_what_is_no_dead_letter_is_not_discarded(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    with pytest.raises(errors.NotFound):
        await broker.dead_letters.discard(order.order_id, "by mistake", OPERATOR)
    assert (await broker.now(order)).is_open


async def test_a_discarded_order_that_fills_after_all(broker: Broker) -> None:
    order, execution = await with_a_fill_that_was_taken_back(broker)
    await broker.dead_letters.discard(order.order_id, "gone", OPERATOR)
    put_back(broker, order, execution)
    trades, position = broker.venue.trades_after(None)
    await broker.trade_processor.on_trades(trades, position)
    assert (await broker.now(order)).filled_shares == 4  # known already: nothing happens
    assert not (await broker.account()).frozen
