"""A day's orders and fills held against the exchange's; every balance computed anew."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import apsw
import pytest

from locksley.domain.order import OrderType, Side
from locksley.exchange.port import NewOrder
from locksley.orders.comparing import Amounts
from locksley.orders.identity import OrderIds
from locksley.orders.reconcile import FeedBehind, Report
from tests.domain.orders import NOW_MS
from tests.orders.broker import GRACE_MS, Broker
from tests.orders.venue import Fault
from tests.orders.waiting import until
from tests.paper_exchange.fixed_market import quote

TODAY = datetime.fromtimestamp(NOW_MS / 1_000, UTC).date()
DAY_MS = 24 * 3_600_000

Tables = dict[str, list[tuple[Any, ...]]]


async def a_day(broker: Broker) -> None:
    """Filled, partly filled and cancelled, resting, refused, never had."""
    await broker.buy(10)
    cancelled = (await broker.buy(150, 50_000)).order
    await broker.cancel(cancelled)
    await broker.buy(5, 49_000, user_id="bob")
    broker.venue.place_line.fail(Fault.REFUSE)
    with pytest.raises(Exception, match="refused"):
        await broker.buy(1, 48_000)
    broker.venue.place_line.fail(Fault.TIMEOUT_BEFORE)
    await broker.buy(1, 48_000)
    await broker.read_feed()
    await broker.sweep_after_grace()


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(one.what, one.here, one.there) for one in report.differences]


async def test_a_day_without_differences(broker: Broker) -> None:
    await a_day(broker)
    report = await broker.reconciler.reconcile(TODAY)
    assert told(report) == []
    assert report.there == Amounts(orders=3, fills=2, shares=100, cash_cents=-100 * 50_000)
    assert report.here == Amounts(orders=5, fills=2, shares=100, cash_cents=-100 * 50_000)
    assert report.people == 2
    assert report.as_of == broker._position


async def test_another_day_has_nothing_of_it(broker: Broker) -> None:
    await a_day(broker)
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1), date(1971, 1, 1)):
        report = await broker.reconciler.reconcile(day)
        assert (report.here, report.there, told(report)) == (Amounts(), Amounts(), [])


async def test_many_pages_of_either_side(broker: Broker) -> None:
    for n in range(30):
        for _ in range(20):
            await broker.buy(1, 100 + n, user_id="bob")
    await broker.read_feed()
    report = await broker.reconciler.reconcile(TODAY)
    assert (report.here.orders, report.there.orders, told(report)) == (600, 600, [])


async def change(broker: Broker, sql: str) -> None:
    await broker.database.write(lambda c: c.execute(sql).fetchall())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE orders SET status = 'filled' WHERE status = 'submitted'", {"state", "books: held_cents"}),
        ("UPDATE fills SET price_e4 = price_e4 + 1", {"fill p-T1", "books: filled_value_e4"}),
        ("UPDATE fills SET cash_cents = cash_cents + 1", {"fill p-T1", "books: cash_cents"}),
        ("UPDATE accounts SET cash_cents = cash_cents - 1", {"books: cash_cents"}),
        ("UPDATE transfers SET amount_cents = amount_cents + 1", {"books: cash_cents"}),
        ("UPDATE positions SET shares = shares + 1", {"books: shares of META"}),
        ("UPDATE positions SET held_shares = held_shares + 1", {"books: held shares of META"}),
        (
            "UPDATE orders SET num_shares = num_shares + 1 WHERE status = 'submitted'",
            {"shares", "books: held_cents"},
        ),
    ],
)
async def test_what_was_changed_by_hand(broker: Broker, sql: str, expected: set[str]) -> None:
    await broker.buy(10)
    await broker.buy(5, 49_000)
    await broker.read_feed()
    kept = await broker.database.read(_copy)
    await change(broker, sql)
    report = await broker.reconciler.reconcile(TODAY)
    assert {what for what, *_ in told(report)} >= expected
    await broker.database.write(lambda c: _restore(c, kept))
    assert told(await broker.reconciler.reconcile(TODAY)) == []


async def test_an_order_that_one_side_lost(broker: Broker) -> None:
    order = (await broker.buy(10, 49_950)).order
    await broker.read_feed()
    broker.venue.lose_memory()
    await broker.read_feed()
    report = await broker.reconciler.reconcile(TODAY)
    assert [(one.what, one.here, one.there, one.order_id) for one in report.differences] == [
        ("order", "submitted", "unknown", order.order_id)
    ]


def by_another(broker: Broker, order_id: str, num_shares: int, price_e4: int) -> NewOrder:
    return NewOrder(order_id, "META", Side.BUY, OrderType.LIMIT, price_e4, num_shares, broker.clock.now_ms() + 5_000)


async def test_the_orders_of_another_broker_are_no_difference(broker: Broker) -> None:
    theirs = OrderIds(random.Random(2).getrandbits, b"theirs")
    await a_day(broker)
    broker.venue.happen(quote(4_980_000, 100, 5_000_000, 10))
    await broker.venue.place(
        [
            by_another(broker, theirs.new(NOW_MS), 7, 5_000_000),
            by_another(broker, theirs.new(NOW_MS), 3, 4_000_000),
            by_another(broker, "in another way", 2, 4_000_000),
        ]
    )
    await broker.read_feed()
    report = await broker.reconciler.reconcile(TODAY)
    assert told(report) == []
    assert report.there == Amounts(orders=3, fills=2, shares=100, cash_cents=-100 * 50_000)
    assert report.others == Amounts(orders=3, fills=1, shares=7, cash_cents=-7 * 50_000)


async def test_an_order_of_ours_that_the_database_lost(broker: Broker) -> None:
    """As with a backup that is older than the order. Another broker's beside it changes nothing."""
    await broker.buy(10, 49_000)
    await broker.read_feed()
    before = await broker.database.read(_copy)
    lost = [(await broker.buy(10)).order, (await broker.buy(5, 49_000)).order]
    await broker.venue.place(
        [by_another(broker, OrderIds(random.Random(2).getrandbits, b"theirs").new(NOW_MS), 3, 4_000_000)]
    )
    await broker.read_feed()
    after = await broker.database.read(_copy)
    await broker.database.write(lambda c: _restore(c, before))
    report = await broker.reconciler.reconcile(TODAY)
    assert {(one.what, one.here, one.there, one.order_id) for one in report.differences} == {
        ("order", "", "filled 10 META", lost[0].order_id),
        ("order", "", "open 5 META", lost[1].order_id),
    }
    assert (report.there.orders, report.others.orders) == (3, 1)
    await broker.database.write(lambda c: _restore(c, after))


async def test_a_fill_that_was_never_told(broker: Broker) -> None:
    await broker.buy(10, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    broker._position = broker.venue.trades_after(None)[1]  # as if the feed had skipped it, and nobody had noticed
    report = await broker.reconciler.reconcile(TODAY)
    assert sorted(told(report)) == [
        ("fill p-T1", "", "4 at 4995000 for -199800"),
        ("filled shares", "0", "4"),
    ]
    await broker.sweep_after_silence()
    assert told(await broker.reconciler.reconcile(TODAY)) == []


async def test_it_waits_for_the_feed(broker: Broker) -> None:
    await broker.buy(10, 49_950)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    with pytest.raises(FeedBehind):
        await broker.reconciler.reconcile(TODAY)
    comparing = asyncio.create_task(broker.reconciler.reconcile(TODAY))
    await asyncio.sleep(0)
    await broker.read_feed()
    assert told(await comparing) == []


async def test_what_moves_meanwhile_is_compared_again(broker: Broker) -> None:
    """An order fills between the exchange's answer and the look at ours."""
    await broker.buy(10, 49_950)
    broker.venue.look_up_line.answers_pass.clear()
    comparing = asyncio.create_task(broker.reconciler.reconcile(TODAY))
    await until(lambda: broker.venue.look_up_line.answers_held)
    broker.venue.happen(quote(4_980_000, 100, 4_995_000, 4))
    await broker.read_feed()
    broker.venue.look_up_line.answers_pass.set()
    report = await comparing
    assert told(report) == []
    assert report.here.fills == report.there.fills == 1


async def test_once_a_day_by_itself(broker: Broker) -> None:
    await a_day(broker)
    day = TODAY.isoformat()
    await broker.reconciler._daily()
    assert await broker.orders.reconciliation(day) is None  # it is not over
    broker.advance(2 * DAY_MS - NOW_MS % DAY_MS - DAY_MS + 300_001)
    await broker.reconciler._daily()
    kept = await broker.orders.reconciliation(day)
    assert kept is not None
    assert kept.differences == 0
    asked = len(broker.venue.look_up_line.sent)
    await broker.reconciler._daily()
    assert len(broker.venue.look_up_line.sent) == asked
    await broker.restart()
    await broker.reconciler._daily()
    assert len(broker.venue.look_up_line.sent) == asked
    broker.advance(GRACE_MS)


def _copy(connection: apsw.Connection) -> Tables:
    names = ("orders", "fills", "accounts", "transfers", "positions")
    return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def _restore(connection: apsw.Connection, kept: Tables) -> None:
    for name, rows in kept.items():
        connection.execute(f"DELETE FROM {name}")
        for row in rows:
            connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
