import asyncio

import pytest

from locksley.domain import errors
from locksley.domain.events import Accepted, Refused
from locksley.domain.order import Order, Status
from locksley.order_db.port import IdempotencyKey, OrderFilter, Page
from tests.domain.orders import an_order
from tests.order_db.adapters import KEY_LIFETIME_MS, Store
from tests.order_db.people import CASH_CENTS
from tests.order_db.steps import a_sell, apply, fill, give_shares, money, place, position

KEY = IdempotencyKey("k1", b"body")


async def _everything(store: Store, user_id: str = "ann") -> list[object]:
    """What a refusal must leave as it was."""
    orders = store.orders
    return [
        await orders.orders(user_id, OrderFilter(), Page(100)),
        await orders.account(user_id),
        await orders.positions(user_id),
        await orders.updates_after(user_id, 0, 100),
    ]


async def test_a_buy_holds_cash(store: Store) -> None:
    order = an_order(num_shares=10, worst_price_cents=50_100)
    placed = await place(store.orders, order)
    assert (placed.order, placed.replayed) == (order, False)
    assert await store.orders.order("ann", order.order_id) == order
    assert await money(store.orders, "ann") == (CASH_CENTS, 501_000)


async def test_a_sell_holds_shares(store: Store) -> None:
    await give_shares(store.orders, "ann", 10)
    await place(store.orders, a_sell("01s", 7))
    held = await position(store.orders, "ann")
    assert (held.shares, held.held_shares) == (10, 7)


async def test_the_last_cent_can_be_held_and_not_one_more(store: Store) -> None:
    await store.open_account("cat", 100)
    await place(store.orders, an_order(user_id="cat", order_id="01a", num_shares=1, worst_price_cents=100))
    with pytest.raises(errors.InsufficientBuyingPower) as refused:
        await place(store.orders, an_order(user_id="cat", order_id="01b", num_shares=1, worst_price_cents=1))
    assert refused.value.members == {"neededInCents": 1, "buyingPowerInCents": 0}
    assert await money(store.orders, "cat") == (100, 100)


async def test_too_little_cash_leaves_nothing_behind(store: Store) -> None:
    before = await _everything(store)
    with pytest.raises(errors.InsufficientBuyingPower):
        await place(store.orders, an_order(num_shares=1_000), KEY)
    assert await _everything(store) == before
    assert await store.orders.placed_before("ann", KEY) is None
    assert not (await place(store.orders, an_order(), KEY)).replayed


async def test_too_few_shares_leave_nothing_behind(store: Store) -> None:
    await give_shares(store.orders, "ann", 10)
    await place(store.orders, a_sell("01s", 7))
    before = await _everything(store)
    with pytest.raises(errors.InsufficientShares) as refused:
        await place(store.orders, a_sell("01t", 4), KEY)
    assert refused.value.members == {"neededShares": 4, "freeShares": 3}
    assert await _everything(store) == before


async def test_a_frozen_account_takes_no_order(store: Store) -> None:
    await give_shares(store.orders, "ann", 10)
    await store.freeze("ann")
    before = await _everything(store)
    for order in (an_order(), a_sell("01s", 1), a_sell("01t", 99)):
        with pytest.raises(errors.AccountFrozen):
            await place(store.orders, order, KEY)
    assert await _everything(store) == before


async def test_who_owes_money_may_still_sell(store: Store) -> None:
    await store.open_account("cat", 100)
    order = an_order(user_id="cat", order_id="01a", num_shares=1, worst_price_cents=100)
    await place(store.orders, order)
    await apply(store.orders, order, fill(1, "X1", price_e4=11_000))  # worse than its limit: the account is overdrawn
    assert await money(store.orders, "cat") == (-10, 0)
    await place(store.orders, a_sell("01s", 1, "cat"))
    assert (await position(store.orders, "cat")).held_shares == 1


async def test_nobody_can_spend_the_same_cash_twice_at_once(store: Store) -> None:
    orders = [
        an_order(order_id=f"01-{n}", num_shares=50) for n in range(10)
    ]  # 25,050 dollars each: there is cash for 3
    answers = await asyncio.gather(*(place(store.orders, order) for order in orders), return_exceptions=True)
    assert sum(isinstance(answer, errors.InsufficientBuyingPower) for answer in answers) == 7
    assert await money(store.orders, "ann") == (CASH_CENTS, 3 * 50 * 50_100)


async def test_a_key_places_once(store: Store) -> None:
    first = await place(store.orders, an_order(order_id="01a"), KEY)
    again = await place(store.orders, an_order(order_id="01b"), KEY)
    assert (again.order.order_id, again.replayed) == (first.order.order_id, True)
    assert await store.orders.order("ann", "01b") is None
    assert await money(store.orders, "ann") == (CASH_CENTS, 501_000)


async def test_a_key_placed_at_once_places_once(store: Store) -> None:
    orders = [an_order(order_id=f"01-{n}") for n in range(8)]
    answers = await asyncio.gather(*(place(store.orders, order, KEY) for order in orders))
    assert len({answer.order.order_id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert len(await store.orders.orders("ann", OrderFilter(), Page(100))) == 1


async def test_a_key_binds_its_body(store: Store) -> None:
    await place(store.orders, an_order(), KEY)
    other = IdempotencyKey("k1", b"another body")
    before = await _everything(store)
    with pytest.raises(errors.IdempotencyKeyReused):
        await place(store.orders, an_order(order_id="01b"), other)
    with pytest.raises(errors.IdempotencyKeyReused):
        await store.orders.placed_before("ann", other)
    assert await _everything(store) == before


async def test_keys_are_per_person(store: Store) -> None:
    await place(store.orders, an_order(order_id="01a"), KEY)
    assert await store.orders.placed_before("bob", KEY) is None
    placed = await place(store.orders, an_order(user_id="bob", order_id="01b"), IdempotencyKey("k1", b"other"))
    assert not placed.replayed


async def test_a_replay_shows_the_order_as_it_now_stands_and_its_first_status_code(store: Store) -> None:
    order = an_order()
    await place(store.orders, order, KEY)
    await store.orders.answered("ann", "k1", 202)
    await store.orders.answered("ann", "k1", 201)
    filled = (await apply(store.orders, order, Accepted("X1"), fill(10, "X1"))).order
    before = await store.orders.placed_before("ann", KEY)
    assert before is not None
    assert (before.order, before.replayed, before.status_code) == (filled, True, 202)


async def _at(store: Store, order_id: str, age_ms: int) -> Order:
    """An order placed so much later, by the clock that places and the clock that reads."""
    store.clock.advance(age_ms)
    now_ms = store.clock.now_ms()
    return an_order(order_id=order_id, created_at_ms=now_ms, updated_at_ms=now_ms)


async def test_a_key_of_a_closed_order_lives_its_time(store: Store) -> None:
    order = an_order(order_id="01a")
    await place(store.orders, order, KEY)
    await apply(store.orders, order, Refused("refused"))
    late = await _at(store, "01b", KEY_LIFETIME_MS - 1)
    assert (await place(store.orders, late, KEY)).replayed
    later = await _at(store, "01c", 1)
    assert await store.orders.placed_before("ann", KEY) is None
    assert not (await place(store.orders, later, KEY)).replayed
    assert (await place(store.orders, later, KEY)).order.order_id == "01c"


async def test_a_key_of_an_open_order_lives_on(store: Store) -> None:
    await place(store.orders, an_order(order_id="01a"), KEY)
    old = await _at(store, "01b", 10 * KEY_LIFETIME_MS)
    assert (await place(store.orders, old, KEY)).order.order_id == "01a"
    with pytest.raises(errors.IdempotencyKeyReused):
        await place(store.orders, old, IdempotencyKey("k1", b"other"))


async def test_nobody_places_for_a_person_who_is_not_there(store: Store) -> None:
    with pytest.raises(errors.NotFound):
        await place(store.orders, an_order(user_id="nobody"))


async def test_a_new_order_has_its_audit_row_and_its_update(store: Store) -> None:
    order = an_order()
    await place(store.orders, order)
    [row] = await store.orders.audit("ann", order.order_id)
    assert (row.what, row.result, row.source.actor, row.source.address) == ("placed", "pending", "ann", "127.0.0.1")
    [update] = await store.orders.updates_after("ann", 0, 10)
    assert (update.number, update.order.status) == (1, Status.PENDING)
