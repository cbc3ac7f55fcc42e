"""What can never be booked is set aside with an alarm; everything else goes on."""

import apsw
import msgspec
import pytest

from locksley.domain import errors
from locksley.domain.order import Status
from locksley.order_index.port import Owner
from tests.orders.broker import Broker
from tests.paper_exchange.fixed_market import quote


async def damage_books(broker: Broker, user_id: str, held_cents: int) -> None:
    sql = "UPDATE accounts SET held_cents = ? WHERE user_id = ?"
    await broker.database.write(lambda c: c.execute(sql, (held_cents, user_id)))


async def test_a_trade_of_an_order_that_is_not_in_the_database(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    broker.index.put_many([("ghost", Owner("no such order", "ann"))])
    trades, position = broker.venue.trades_after(None)
    trades = [msgspec.structs.replace(trade, order_ids=("ghost", *trade.order_ids)) for trade in trades]
    for _ in range(2):  # the same again is counted, not kept twice
        await broker.trade_processor.on_trades(trades, position)
    assert (await broker.now(order)).filled_shares == 4
    assert await broker.orders.feed_position() == position
    [aside] = await broker.orders.unbooked(0, 10)
    assert (aside.order_id, aside.user_id, aside.actor, aside.times) == ("no such order", "ann", "feed", 2)
    assert trades[0].trade_id in aside.events
    assert broker.alarms.counts["not_bookable"] == 2
    await broker.settle()


async def test_books_that_would_contradict_themselves(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    await damage_books(broker, "ann", 0)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()  # the fill would release what is not held
    assert (await broker.now(order)).filled_shares == 0
    assert (await broker.buy(1, 49_000, user_id="bob")).order.status is Status.SUBMITTED
    broker.venue.happen(quote(4_880_000, 100, 4_900_000, 100))
    await broker.read_feed()
    assert (await broker.only_order("bob")).status is Status.FILLED
    [aside, *_] = await broker.orders.unbooked(0, 10)
    assert (aside.order_id, aside.why[:15]) == (order.order_id, "ConstraintError")
    await broker.sweep_after_silence()  # nor does it stop clean-up
    await damage_books(broker, "ann", 10 * 49_950)
    await broker.settle()
    assert (await broker.now(order)).filled_shares == 10


async def test_books_that_would_contradict_themselves_at_the_gateway(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    await damage_books(broker, "ann", 0)
    cancelled = await broker.cancel(order)
    assert (cancelled.done, cancelled.order.status) == (False, Status.PENDING_CANCEL)
    bobs = (await broker.buy(1, 49_000, user_id="bob")).order
    assert (await broker.cancel(bobs)).done  # on the same lanes
    await damage_books(broker, "ann", 10 * 49_950)
    await broker.settle()
    assert (await broker.now(order)).status is Status.CANCELLED


async def test_only_so_much_is_set_aside(broker: Broker) -> None:
    broker.orders._unbooked_max = 3
    order = (await broker.buy(10, 49_950)).order
    for number in range(5):
        broker.index.put_many([(f"ghost-{number}", Owner(f"ghost-{number}", "ann"))])
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    trades, position = broker.venue.trades_after(None)
    ghosts = tuple(f"ghost-{number}" for number in range(5))
    trades = [msgspec.structs.replace(trade, order_ids=(*ghosts, *trade.order_ids)) for trade in trades]
    await broker.trade_processor.on_trades(trades, position)
    assert len(await broker.orders.unbooked(0, 10)) == 3
    assert broker.alarms.counts["not_bookable"] == 5
    assert (await broker.now(order)).filled_shares == 4


async def test_a_mover_that_lost_reads_again(broker: Broker) -> None:
    """Somebody else moves the row, once, between our read and our write."""
    order = (await broker.buy(10, 49_950)).order
    times = iter([1])

    def still(*_arguments: object) -> int:
        return next(times, 0)

    def prepare(connection: apsw.Connection) -> None:
        connection.create_scalar_function("still", still, 0)
        connection.execute(
            "CREATE TRIGGER somebody_else AFTER INSERT ON fills BEGIN "
            "UPDATE orders SET version = version + 1 WHERE order_id = NEW.order_id AND still(); END"
        )

    await broker.database.write(prepare)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    assert (await broker.now(order)).filled_shares == 4
    assert await broker.orders.unbooked(0, 10) == []


async def test_an_exchange_that_reports_fewer_fills_than_are_booked(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    there = broker.venue.order(order.order_id)
    execution = there.executions.pop()
    there.filled_shares -= execution.num_shares
    await broker.sweep_after_silence()
    assert broker.alarms.counts["fewer_fills"] == 1
    assert (await broker.now(order)).status is Status.PARTIALLY_FILLED  # and nothing is decided
    await broker.cancel(order)
    assert broker.alarms.counts["fewer_fills"] == 2
    there.executions.append(execution)
    there.filled_shares += execution.num_shares
    await broker.settle()


async def test_an_index_that_cannot_be_written(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_entries: object) -> None:
        raise errors.StorageUnavailable

    monkeypatch.setattr(broker.index, "put_many", full)
    answer = await broker.buy(10)
    assert (answer.status_code, answer.order.status) == (202, Status.PENDING)
    monkeypatch.undo()
    assert (await broker.buy(1, 49_000)).status_code == 201
    await broker.sweep_after_grace()
    assert (await broker.now(answer.order)).status is Status.FILLED
    await broker.settle()
