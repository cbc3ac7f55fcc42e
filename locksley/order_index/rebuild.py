"""Filling the index from the order database: all of it when it is missing or damaged, else what is open, since a crash of the
machine may have lost the newest entries.

reads from: order db. writes to: order index. If it dies halfway, the index is not marked whole, and the next start begins again.
"""

from locksley.domain.order import Order
from locksley.order_db.port import OrderDb
from locksley.order_index.port import OrderIndex, Owner

ORDERS_PER_PAGE = 10_000


async def rebuild(index: OrderIndex, orders: OrderDb) -> int:
    """Bring the index up to date; how many entries were written."""
    if index.is_whole:
        return await _put_open(index, orders)
    index.clear()
    entries = await _put_all(index, orders)
    index.mark_whole()
    return entries


async def _put_open(index: OrderIndex, orders: OrderDb) -> int:
    entries, after = 0, ""
    while page := await orders.open_orders(after, ORDERS_PER_PAGE):
        entries += _put(index, page)
        after = page[-1].order_id
    return entries


async def _put_all(index: OrderIndex, orders: OrderDb) -> int:
    entries, after = 0, ("", "")
    while page := await orders.accepted_orders(after, ORDERS_PER_PAGE):
        entries += _put(index, page)
        after = (page[-1].user_id, page[-1].order_id)
    return entries


def _put(index: OrderIndex, orders: list[Order]) -> int:
    entries = [
        (order.external_order_id, Owner(order.order_id, order.user_id))
        for order in orders
        if order.external_order_id is not None
    ]
    index.put_many(entries)
    return len(entries)
