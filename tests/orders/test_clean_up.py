"""Clean-up whole: nobody blocks anybody, tries and pauses, dead letters, one process at a time."""

import asyncio

import pytest

from locksley.domain.events import CancelAsked
from locksley.domain.order import Order, Status
from locksley.exchange.port import ExchangeError
from locksley.order_db.port import LeaseLost, OrderEvents, OrderFilter, Page, Source
from tests.orders.broker import GRACE_MS, LOOK_UPS_MAX, RETRY_FIRST_MS, Broker
from tests.orders.venue import Fault
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

TRIES_MAX = 5
RETRY_MOST_MS = 8_000
DEAD_EVERY_MS = 300_000
KEY_LIFETIME_MS = 24 * 3_600_000


async def in_doubt(broker: Broker, price_cents: int = 49_000) -> Order:
    """An order that the exchange does not know and, by its clock, which a test lets stand still, may yet take."""
    broker.venue.place_line.fail(Fault.TIMEOUT_BEFORE)
    return (await broker.buy(1, price_cents)).order


async def many_in_doubt(broker: Broker, count: int) -> None:
    """At once: they go out in a batch or two, which is not enough to take the exchange for down."""
    broker.venue.place_line.fail(Fault.TIMEOUT_BEFORE, 2)
    await asyncio.gather(*(broker.buy(1, 48_000 + n) for n in range(count)))
    broker.venue.place_line.faults.clear()
    assert broker.venue.orders() == []


async def until_dead(broker: Broker) -> None:
    broker.clock.advance(GRACE_MS + 1)
    for _ in range(TRIES_MAX):
        await broker.cleanup.sweep()
        broker.clock.advance(RETRY_MOST_MS)


async def test_what_cannot_be_settled_does_not_stand_before_what_can(broker: Broker) -> None:
    await many_in_doubt(broker, 2 * LOOK_UPS_MAX)
    broker.clock.advance(1)
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    late = (await broker.buy(1)).order
    broker.clock.advance(GRACE_MS + 1)
    await broker.cleanup.sweep()
    assert (await broker.now(late)).status is Status.FILLED
    await broker.settle()


async def test_asked_about_ever_later_and_then_dead(broker: Broker) -> None:
    order = await in_doubt(broker)
    broker.clock.advance(GRACE_MS + 1)
    asked = broker.venue.look_up_line.sent
    for tries in range(1, TRIES_MAX):
        await broker.cleanup.sweep()
        assert len(asked) == tries
        assert await broker.orders.dead_letters("", 10) == []
        broker.clock.advance(min(RETRY_FIRST_MS << (tries - 1), RETRY_MOST_MS))
    await broker.cleanup.sweep()
    [letter] = await broker.orders.dead_letters("", 10)
    assert (letter.order, letter.settling.tries) == (await broker.now(order), TRIES_MAX)
    assert broker.alarms.counts["dead_letter"] == 1
    assert (await broker.account()).held_cents == 49_000
    broker.clock.advance(DEAD_EVERY_MS - 1)
    await broker.cleanup.sweep()
    assert len(asked) == TRIES_MAX
    broker.clock.advance(1)
    await broker.cleanup.sweep()
    assert len(asked) == TRIES_MAX + 1
    broker.venue_clock.advance(GRACE_MS)
    broker.clock.advance(DEAD_EVERY_MS)
    await broker.cleanup.sweep()
    assert (await broker.now(order)).status is Status.FAILED
    assert await broker.orders.dead_letters("", 10) == []
    await broker.settle()


async def test_pauses_are_drawn_between_nothing_and_the_bound(broker: Broker) -> None:
    await many_in_doubt(broker, LOOK_UPS_MAX)
    broker.clock.advance(GRACE_MS + 1)
    await broker.cleanup.sweep()
    rows = await broker.database.read(lambda c: c.execute("SELECT next_try_at_ms FROM settling").fetchall())
    pauses = [int(str(row[0])) - broker.clock.now_ms() for row in rows]
    assert len(set(pauses)) > LOOK_UPS_MAX // 2
    assert all(0 <= pause < RETRY_FIRST_MS for pause in pauses)


async def test_an_unreachable_exchange_is_not_a_try(broker: Broker) -> None:
    await in_doubt(broker)
    broker.clock.advance(GRACE_MS + 1)
    broker.venue.up = False
    for _ in range(2 * TRIES_MAX):
        with pytest.raises(ExchangeError):
            await broker.cleanup.sweep()
        broker.clock.advance(RETRY_MOST_MS)
    assert await broker.database.read(lambda c: c.execute("SELECT count(*) FROM settling").fetchall()) == [(0,)]
    broker.venue.up = True
    await broker.settle()


async def test_a_cancel_without_an_answer_is_not_a_try(broker: Broker) -> None:
    order = (await broker.buy(1, 48_000)).order
    broker.venue.cancel_line.fail(Fault.TIMEOUT_BEFORE, 3 * TRIES_MAX)
    await broker.cancel(order)
    broker.advance(GRACE_MS + 1)
    for _ in range(2 * TRIES_MAX):
        await broker.cleanup.sweep()
        broker.advance(RETRY_MOST_MS)
    assert await broker.orders.dead_letters("", 10) == []
    broker.venue.cancel_line.faults.clear()
    await broker.cleanup.sweep()
    assert (await broker.now(order)).status is Status.CANCELLED
    await broker.settle()


async def test_a_dead_letter_is_asked_about_at_once_when_the_exchange_is_back(broker: Broker) -> None:
    order = await in_doubt(broker)
    await broker.buy(1, 48_000, user_id="bob")  # quiet, so that there is something to ask about
    await until_dead(broker)
    await broker.cleanup.sweep()
    broker.venue.up = False
    with pytest.raises(ExchangeError):
        await broker.cleanup.sweep()
    broker.venue.up = True
    broker.venue_clock.advance(GRACE_MS)
    await broker.cleanup.sweep()
    assert (await broker.now(order)).status is Status.FAILED
    await broker.settle()


async def test_a_dead_letter_takes_its_fills(broker: Broker) -> None:
    order = await in_doubt(broker, 49_950)
    await until_dead(broker)
    [letter] = await broker.orders.dead_letters("", 10)
    assert letter.order.order_id == order.order_id
    # The request comes late after all, and in time by the exchange's clock; the order is filled at once there.
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 100))
    await broker.gateway.place(letter.order)
    assert (await broker.now(order)).status is Status.FILLED
    assert await broker.orders.dead_letters("", 10) == []
    await broker.settle()


async def test_our_clock_is_set_back_while_an_order_waits_for_its_next_try(broker: Broker) -> None:
    await in_doubt(broker)
    await until_dead(broker)
    asked = len(broker.venue.look_up_line.sent)
    broker.clock.jump(-24 * 3_600_000)
    broker.clock.advance(GRACE_MS)  # the lease has not expired by the clock that was
    await broker.cleanup.sweep()
    assert len(broker.venue.look_up_line.sent) == asked + 1


async def test_one_process_at_a_time(broker: Broker) -> None:
    await broker.cleanup.sweep()
    other = Broker(broker.path)
    other.clock, other.venue_clock, other.venue = broker.clock, broker.venue_clock, broker.venue
    other._starts = 10
    await other.start()
    try:
        order = await in_doubt(broker)
        await other.cleanup.sweep()
        assert broker.venue.look_up_line.sent == []  # somebody else has the lease
        broker.clock.advance(GRACE_MS + 1)
        broker.venue_clock.advance(GRACE_MS + 1)
        await other.cleanup.sweep()
        assert (await broker.now(order)).status is Status.FAILED
    finally:
        await other.crash()


async def test_who_lost_the_lease_changes_nothing(broker: Broker) -> None:
    """It has asked the exchange, and stands still before it writes, until another has taken the work over."""
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    order = (await broker.buy(1)).order
    broker.clock.advance(GRACE_MS + 1)
    broker.venue.look_up_line.answers_pass.clear()
    sweep = asyncio.create_task(broker.cleanup.sweep())
    await until(lambda: broker.venue.look_up_line.answers_held)
    broker.clock.advance(GRACE_MS + 1)
    lease = await broker.orders.take_lease("clean-up", "another", broker.clock.now_ms(), GRACE_MS)
    assert lease is not None
    assert lease.token == 2
    broker.venue.look_up_line.answers_pass.set()
    await sweep
    assert (await broker.now(order)).status is Status.PENDING
    broker.clock.advance(GRACE_MS + 1)
    await broker.settle()


async def test_a_lost_stretch_of_the_feed_outlives_a_crash(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    await broker.read_feed()
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.ask_about_everything_open()
    await broker.restart()
    broker.clock.advance(GRACE_MS)  # the lease of the process that died
    await broker.cleanup.sweep()
    assert (await broker.now(order)).filled_shares == 4
    assert await broker.orders.feed_losses() == (1, 1)
    await broker.settle()


async def test_a_trade_ahead_of_what_a_lookup_tells(broker: Broker) -> None:
    """The feed tells it while the answer to a lookup is on its way, which does not have it yet."""
    broker.venue.place_line.fail(Fault.TIMEOUT_AFTER)
    order = (await broker.buy(10, 49_950)).order
    broker.advance(GRACE_MS + 1)
    broker.venue.look_up_line.answers_pass.clear()
    sweep = asyncio.create_task(broker.cleanup.sweep())
    await until(lambda: broker.venue.look_up_line.answers_held)
    broker.venue.place_line.requests_pass.clear()
    placing = asyncio.create_task(broker.buy(1, 48_000))  # trades are kept while an answer is out
    await until(lambda: broker.gateway.in_flight_count)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    assert (await broker.now(order)).filled_shares == 0
    broker.venue.look_up_line.answers_pass.set()
    await sweep
    assert (await broker.now(order)).filled_shares == 4
    broker.venue.place_line.requests_pass.set()
    await placing
    await broker.settle()


async def test_expired_keys_of_final_orders_are_forgotten(broker: Broker) -> None:
    for n in range(2 * LOOK_UPS_MAX):
        assert (await broker.buy(1, key=f"final-{n}")).order.status is Status.FILLED
    resting = (await broker.buy(1, 48_000, key="open")).order
    broker.advance(KEY_LIFETIME_MS + 1)
    await broker.buy(1, key="new")
    await broker.cleanup.sweep()
    kept = await broker.database.read(lambda c: c.execute("SELECT key FROM idempotency_keys").fetchall())
    assert {str(row[0]) for row in kept} == {"open", "new"}
    assert (await broker.buy(1, 48_000, key="open")).order.order_id == resting.order_id
    found = await broker.orders.orders("ann", OrderFilter(idempotency_key="final-1"), Page(1))
    assert found == []
    await broker.settle()


async def test_a_write_with_an_old_token(broker: Broker) -> None:
    order = (await broker.buy(1, 48_000)).order
    now_ms = broker.clock.now_ms()
    old = await broker.orders.take_lease("clean-up", "one", now_ms, 1_000)
    assert await broker.orders.take_lease("clean-up", "two", now_ms + 999, 1_000) is None
    new = await broker.orders.take_lease("clean-up", "two", now_ms + 1_000, 1_000)
    assert old is not None
    assert new is not None
    assert new.token > old.token
    change = OrderEvents(order.order_id, "ann", [CancelAsked()])
    with pytest.raises(LeaseLost):
        await broker.orders.apply([change], Source("one"), lease=old)
    assert await broker.now(order) == order
    [applied] = await broker.orders.apply([change], Source("two"), lease=new)
    assert applied.order.status is Status.PENDING_CANCEL
    broker.advance(GRACE_MS)
    await broker.settle()
