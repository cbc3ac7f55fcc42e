"""Short words for what the order database's tests do to it."""

import itertools

from locksley.domain.account import Position
from locksley.domain.events import Accepted, Event, Execution, Filled
from locksley.domain.order import Order, Side
from locksley.domain.price import Version
from locksley.order_db.port import Applied, IdempotencyKey, OrderDb, OrderEvents, Placed, Source
from tests.domain.orders import an_order

SOURCE = Source("ann", "127.0.0.1", "r1")
_trades = itertools.count(1)


async def place(orders: OrderDb, order: Order, key: IdempotencyKey | None = None) -> Placed:
    return await orders.place(order, key, SOURCE)


async def apply(orders: OrderDb, order: Order, *happened: Event, position: Version | None = None) -> Applied:
    change = OrderEvents(order.order_id, order.user_id, happened)
    [applied] = await orders.apply([change], Source("test"), position)
    return applied


def fill(num_shares: int, external_order_id: str, price_e4: int = 5_010_000, trade_id: str | None = None) -> Filled:
    trade_id = trade_id if trade_id is not None else f"trade-{next(_trades)}"
    return Filled(Execution(trade_id, 1, 1, price_e4, num_shares, 0), external_order_id)


async def give_shares(orders: OrderDb, user_id: str, num_shares: int, order_id: str = "000") -> None:
    """The honest way: by a buy that is filled."""
    order = an_order(num_shares=num_shares, order_id=order_id, user_id=user_id)
    await place(orders, order)
    external_id = f"X-{user_id}-{order_id}"
    await apply(orders, order, Accepted(external_id), fill(num_shares, external_id))


async def money(orders: OrderDb, user_id: str) -> tuple[int, int]:
    """(cash, held)."""
    account = await orders.account(user_id)
    assert account is not None
    return account.cash_cents, account.held_cents


async def position(orders: OrderDb, user_id: str) -> Position:
    [found] = await orders.positions(user_id)
    return found


def a_sell(order_id: str, num_shares: int, user_id: str = "ann") -> Order:
    return an_order(Side.SELL, num_shares, order_id=order_id, user_id=user_id)
