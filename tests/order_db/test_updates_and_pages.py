import asyncio

from locksley.domain.events import Accepted
from locksley.order_db.port import IdempotencyKey, OrderFilter, Page
from tests.domain.orders import an_order
from tests.order_db.adapters import UPDATES_KEPT, Store
from tests.order_db.steps import apply, fill, place


async def test_update_numbers_have_no_gap(store: Store) -> None:
    async def live(user_id: str, n: int) -> None:
        order = an_order(user_id=user_id, order_id=f"01-{n}", num_shares=3, worst_price_cents=100)
        await place(store.orders, order)
        await asyncio.gather(*(apply(store.orders, order, fill(1, f"X{user_id}{n}", price_e4=100)) for _ in range(3)))

    await asyncio.gather(*(live(user_id, n) for user_id in ("ann", "bob") for n in range(12)))
    for user_id in ("ann", "bob"):
        updates = await store.orders.updates_after(user_id, 0, 1_000)
        assert [update.number for update in updates] == list(range(1, 12 * 4 + 1))
        assert {update.user_id for update in updates} == {user_id}
        newest = {update.order.order_id: update.order for update in updates}
        assert newest == {
            order.order_id: order for order in await store.orders.orders(user_id, OrderFilter(), Page(50))
        }
        assert await store.orders.update_range(user_id) == (1, 48)


async def test_one_call_that_moves_an_order_twice_makes_two_updates(store: Store) -> None:
    order = an_order()
    await place(store.orders, order)
    await apply(store.orders, order, Accepted("X1"), fill(4, "X1"))
    updates = await store.orders.updates_after("ann", 1, 10)
    assert [(u.number, u.order.version, u.order.status) for u in updates] == [
        (2, 2, "submitted"),
        (3, 3, "partially_filled"),
    ]
    assert [u.number for u in await store.orders.updates_after("ann", 1, 1)] == [2]


async def test_nobody_has_updates_yet(store: Store) -> None:
    assert await store.orders.update_range("ann") == (1, 0)
    assert await store.orders.updates_after("ann", 0, 10) == []


async def test_old_updates_are_forgotten_and_say_so(store: Store) -> None:
    order = an_order(num_shares=1_000, worst_price_cents=100)
    await place(store.orders, order)
    for _ in range(5):
        await asyncio.gather(*(apply(store.orders, order, fill(1, "X1", price_e4=100)) for _ in range(100)))
    oldest, newest = await store.orders.update_range("ann")
    assert newest == 501
    assert UPDATES_KEPT <= newest - oldest + 1 <= UPDATES_KEPT + 101
    assert (await store.orders.updates_after("ann", 0, 1))[0].number == oldest


async def test_who_has_news(store: Store) -> None:
    cursor, people = await store.orders.people_with_updates_after(-1)
    assert people == set()
    await place(store.orders, an_order(order_id="01a"))
    await place(store.orders, an_order(order_id="01b", user_id="bob"))
    cursor, people = await store.orders.people_with_updates_after(cursor)
    assert people == {"ann", "bob"}
    await apply(store.orders, an_order(order_id="01a"), Accepted("X1"))
    cursor, people = await store.orders.people_with_updates_after(cursor)
    assert people == {"ann"}
    assert await store.orders.people_with_updates_after(cursor) == (cursor, set())
    assert await store.orders.people_with_updates_after(-1) == (cursor, set())


async def test_pages_of_orders_newest_first(store: Store) -> None:
    for n in range(7):
        await place(store.orders, an_order(order_id=f"01-{n}", worst_price_cents=100), IdempotencyKey(f"k{n}", b""))
    seen, before = [], None
    while page := await store.orders.orders("ann", OrderFilter(), Page(3, before)):
        assert len(page) <= 3
        seen += [order.order_id for order in page]
        before = page[-1].order_id
        if len(seen) == 3:  # a new order does not shift the pages that follow
            await place(store.orders, an_order(order_id="01-9", worst_price_cents=100))
    assert seen == [f"01-{n}" for n in reversed(range(7))]
    found = await store.orders.orders("ann", OrderFilter(idempotency_key="k3"), Page(3))
    assert [order.order_id for order in found] == ["01-3"]


async def test_pages_of_fills_newest_first(store: Store) -> None:
    order = an_order(num_shares=7)
    await place(store.orders, order)
    for n in range(7):
        await apply(store.orders, order, fill(1, "X1", trade_id=f"T{n}"))
    first = await store.orders.fills("ann", Page(4))
    rest = await store.orders.fills("ann", Page(4, str(first[-1].fill_id)))
    assert [fill.trade_id for fill in first + rest] == [f"T{n}" for n in reversed(range(7))]
    assert await store.orders.fills("bob", Page(4)) == []
