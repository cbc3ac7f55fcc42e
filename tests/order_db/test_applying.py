import asyncio

import pytest

from locksley.domain.events import Accepted, CancelAsked, ClosedByExchange, Event, NeverHad
from locksley.domain.order import Status
from locksley.domain.price import Version
from locksley.order_db.port import OrderEvents, OrderFilter, Page, Source
from tests.domain.orders import an_order
from tests.order_db.adapters import Store
from tests.order_db.people import CASH_CENTS
from tests.order_db.steps import a_sell, apply, fill, give_shares, money, place, position


async def test_accepted_then_filled_in_two(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    accepted = await apply(store.orders, order, Accepted("X1"))
    assert (accepted.order.status, accepted.changed) == (Status.SUBMITTED, True)
    await apply(store.orders, order, fill(4, "X1", price_e4=5_000_050))
    assert await money(store.orders, "ann") == (CASH_CENTS - 200_002, 6 * 50_100)
    filled = await apply(store.orders, order, fill(6, "X1"))
    assert filled.order.status is Status.FILLED
    assert await money(store.orders, "ann") == (CASH_CENTS - 200_002 - 300_600, 0)
    held = await position(store.orders, "ann")
    assert (held.shares, held.held_shares, held.cost_cents) == (10, 0, 500_602)
    assert [fill.cash_cents for fill in await store.orders.fills("ann", Page(10))] == [-300_600, -200_002]
    assert await store.orders.order("ann", order.order_id) == filled.order


async def test_a_sell_gives_up_shares_and_their_cost(store: Store) -> None:
    await give_shares(store.orders, "ann", 10)
    order = a_sell("01s", 7)
    await place(store.orders, order)
    await apply(store.orders, order, Accepted("X1"), fill(4, "X1", price_e4=5_100_000))
    held = await position(store.orders, "ann")
    assert (held.shares, held.held_shares, held.cost_cents) == (6, 3, 300_600)
    assert await money(store.orders, "ann") == (CASH_CENTS - 501_000 + 204_000, 0)
    await apply(store.orders, order, ClosedByExchange(4))
    assert (await position(store.orders, "ann")).held_shares == 0


async def test_a_fill_told_twice_is_booked_once(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    told = fill(4, "X1", trade_id="T1")
    first = await apply(store.orders, order, Accepted("X1"), told, told)
    again = await apply(store.orders, order, Accepted("X1"), told)
    assert first.order.filled_shares == again.order.filled_shares == 4
    assert (again.changed, again.order) == (False, first.order)
    assert await money(store.orders, "ann") == (CASH_CENTS - 4 * 50_100, 6 * 50_100)
    assert len(await store.orders.fills("ann", Page(10))) == 1


async def test_both_sides_of_a_trade_are_ours(store: Store) -> None:
    await give_shares(store.orders, "bob", 5)
    buy, sell = an_order(num_shares=5, order_id="01a"), a_sell("01s", 5, "bob")
    await place(store.orders, buy)
    await place(store.orders, sell)
    answers = await store.orders.apply(
        [
            OrderEvents("01a", "ann", [fill(5, "XA", trade_id="T1")]),
            OrderEvents("01s", "bob", [fill(5, "XB", trade_id="T1")]),
        ],
        Source("feed"),
    )
    assert [answer.order.status for answer in answers] == [Status.FILLED, Status.FILLED]
    assert (await position(store.orders, "ann")).shares == 5
    assert await store.orders.positions("bob") == []
    assert await money(store.orders, "bob") == (CASH_CENTS, 0)


async def test_both_sides_of_a_trade_are_one_persons(store: Store) -> None:
    await give_shares(store.orders, "ann", 5)
    buy, sell = an_order(num_shares=5, order_id="01a"), a_sell("01s", 5)
    await place(store.orders, buy)
    await place(store.orders, sell)
    await store.orders.apply(
        [
            OrderEvents("01a", "ann", [fill(5, "XA", trade_id="T1")]),
            OrderEvents("01s", "ann", [fill(5, "XB", trade_id="T1")]),
        ],
        Source("feed"),
    )
    assert await money(store.orders, "ann") == (CASH_CENTS - 250_500, 0)
    held = await position(store.orders, "ann")
    assert (held.shares, held.held_shares) == (5, 0)


async def test_one_order_twice_in_one_call(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    first, second = await store.orders.apply(
        [
            OrderEvents(order.order_id, "ann", [Accepted("X1"), fill(3, "X1")]),
            OrderEvents(order.order_id, "ann", [fill(7, "X1")]),
        ],
        Source("feed"),
    )
    assert (first.order.filled_shares, second.order.filled_shares) == (3, 10)
    assert second.order.version == first.order.version + 1


async def test_movers_at_once_lose_nothing(store: Store) -> None:
    order = an_order(num_shares=20)
    await place(store.orders, order)
    await asyncio.gather(*(apply(store.orders, order, fill(1, "X1")) for _ in range(20)))
    now = await store.orders.order("ann", order.order_id)
    assert now is not None
    assert (now.status, now.filled_shares, now.version) == (Status.FILLED, 20, 21)


async def test_closing_waits_for_fills(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    await apply(store.orders, order, Accepted("X1"), fill(2, "X1"))
    waiting = await apply(store.orders, order, ClosedByExchange(5))
    assert (waiting.order.status, waiting.changed) == (Status.PARTIALLY_FILLED, False)
    assert (await money(store.orders, "ann"))[1] == 8 * 50_100
    closed = await apply(store.orders, order, fill(3, "X1"), ClosedByExchange(5))
    assert closed.order.status is Status.CANCELLED
    assert (await money(store.orders, "ann"))[1] == 0


async def test_a_fill_of_a_closed_order_freezes_the_account(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    await apply(store.orders, order, NeverHad())
    late = await apply(store.orders, order, fill(10, "X1"))
    assert late.alarms == ["fill_none_left while failed"]
    account = await store.orders.account("ann")
    assert account is not None
    assert (account.frozen, account.cash_cents, account.held_cents) == (True, CASH_CENTS - 501_000, 0)
    assert (await position(store.orders, "ann")).shares == 10
    [*_, row] = await store.orders.audit("ann", order.order_id)
    assert (row.what, row.result, row.detail) == ("fill_none_left", "failed", "fill_none_left while failed")


async def test_a_cancel_that_comes_too_late_is_refused_and_noted(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    await apply(store.orders, order, fill(10, "X1"))
    applied = await apply(store.orders, order, CancelAsked())
    assert (applied.refused, applied.changed, applied.order.status) == (True, False, Status.FILLED)
    assert [row.what for row in await store.orders.audit("ann", order.order_id)] == [
        "placed",
        "fill_none_left",
        "cancel_asked",
    ]


async def test_nothing_of_a_call_is_done_when_one_order_of_it_is_unknown(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    with pytest.raises(Exception, match="nowhere"):
        await store.orders.apply(
            [OrderEvents(order.order_id, "ann", [fill(10, "X1")]), OrderEvents("nowhere", "ann", [Accepted("X2")])],
            Source("feed"),
            Version(1, 9),
        )
    assert await store.orders.order("ann", order.order_id) == order
    assert await store.orders.fills("ann", Page(10)) == []
    assert await store.orders.feed_position() is None


async def test_an_order_takes_nothing_in_another_persons_name(store: Store) -> None:
    order = an_order()
    await place(store.orders, order)
    with pytest.raises(Exception, match=order.order_id):
        await store.orders.apply([OrderEvents(order.order_id, "bob", [Accepted("X1")])], Source("feed"))


@pytest.mark.parametrize("sql", ["UPDATE audit SET result = 'nothing'", "DELETE FROM audit"])
async def test_the_audit_log_is_append_only(store: Store, sql: str) -> None:
    order = an_order()
    await place(store.orders, order)
    with pytest.raises(Exception, match="append-only"):
        await store.change_audit(sql)
    [row] = await store.orders.audit("ann", order.order_id)
    assert row.result == "pending"


async def test_the_audit_tells_the_life_of_an_order(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    await apply(store.orders, order, Accepted("X1"), fill(4, "X1"))
    await apply(store.orders, order, CancelAsked())
    await apply(store.orders, order, ClosedByExchange(4))
    assert [(row.what, row.result) for row in await store.orders.audit("ann", order.order_id)] == [
        ("placed", "pending"),
        ("accepted", "pending -> submitted"),
        ("fill_some_left", "submitted -> partially_filled"),
        ("cancel_asked", "partially_filled -> pending_cancel"),
        ("closed_by_exchange", "pending_cancel -> cancelled"),
    ]


async def test_the_feed_position_never_goes_back(store: Store) -> None:
    order = an_order()
    await place(store.orders, order)
    assert await store.orders.feed_position() is None
    await apply(store.orders, order, Accepted("X1"), position=Version(1, 50))
    await store.orders.keep_feed_position(Version(1, 49))
    await apply(store.orders, order, fill(1, "X1"), position=Version(1, 7))
    assert await store.orders.feed_position() == Version(1, 50)
    await store.orders.keep_feed_position(Version(2, 1))
    await store.orders.keep_feed_position(Version(1, 9_999))
    assert await store.orders.feed_position() == Version(2, 1)


async def test_what_is_stuck_and_what_is_open(store: Store) -> None:
    lives: list[list[Event]] = [[], [CancelAsked()], [Accepted("X2")], [fill(10, "X3")], [NeverHad()]]
    for n, events in enumerate(lives):
        order = an_order(order_id=f"01-{n}")
        await place(store.orders, order)
        await apply(store.orders, order, *events)
    assert [o.order_id for o in await store.orders.open_orders("", 2)] == ["01-0", "01-1"]
    assert [o.order_id for o in await store.orders.open_orders("01-1", 2)] == ["01-2"]
    accepted = await store.orders.accepted_orders(("", ""), 10)
    assert [(o.order_id, o.external_order_id) for o in accepted] == [("01-2", "X2"), ("01-3", "X3")]
    assert [o.order_id for o in await store.orders.accepted_orders(("ann", "01-2"), 10)] == ["01-3"]


async def test_filters(store: Store) -> None:
    await place(store.orders, an_order(order_id="01a"))
    await place(store.orders, an_order(order_id="01b", symbol="AAPL"))
    await place(store.orders, an_order(order_id="01c", user_id="bob"))
    await apply(store.orders, an_order(order_id="01a"), Accepted("X1"))

    async def ids(where: OrderFilter) -> list[str]:
        return [order.order_id for order in await store.orders.orders("ann", where, Page(10))]

    assert await ids(OrderFilter()) == ["01b", "01a"]
    assert await ids(OrderFilter(status=Status.SUBMITTED)) == ["01a"]
    assert await ids(OrderFilter(symbol="AAPL")) == ["01b"]
    assert await ids(OrderFilter(status=Status.SUBMITTED, symbol="AAPL")) == []
    assert await ids(OrderFilter(idempotency_key="none")) == []
    assert await store.orders.order("ann", "01c") is None
    assert await store.orders.audit("ann", "01c") == []


async def test_an_order_that_moved_since_it_was_known_takes_its_events_as_it_stands(store: Store) -> None:
    known = an_order(num_shares=10)
    await place(store.orders, known)
    await apply(store.orders, known, CancelAsked())
    [applied] = await store.orders.apply(
        [OrderEvents(known.order_id, "ann", [Accepted("X1"), fill(4, "X1")], known=known)], Source("gateway")
    )
    assert (applied.order.status, applied.order.filled_shares, applied.order.version) == (Status.PENDING_CANCEL, 4, 4)
    assert await money(store.orders, "ann") == (CASH_CENTS - 4 * 50_100, 6 * 50_100)
    assert await store.orders.order("ann", known.order_id) == applied.order


async def test_what_would_not_move_an_order_as_it_is_known_may_be_an_alarm_as_it_stands(store: Store) -> None:
    order = an_order(num_shares=10)
    await place(store.orders, order)
    known = (await apply(store.orders, order, Accepted("X1"))).order
    await apply(store.orders, order, NeverHad())
    [applied] = await store.orders.apply(
        [OrderEvents(order.order_id, "ann", [Accepted("X1")], known=known)], Source("gateway")
    )
    assert (applied.order.status, list(applied.alarms)) == (Status.CANCELLED, ["accepted while cancelled"])
