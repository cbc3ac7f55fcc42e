"""Orders over HTTP: place, get, list, cancel, and what happened to each."""

from msgspec import UNSET, UnsetType

from locksley.domain.errors import Malformed, NotFound
from locksley.domain.order import Status
from locksley.order_db.port import OrderFilter, Page
from locksley.orders.request import OrderRequest
from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.cursors import is_id, link_next, pack, unpack_id
from locksley.web.queries import Limit, ListQuery, Text
from locksley.web.services import Services

ACCEPTED = "202 Accepted"


class OrdersQuery(ListQuery):
    status: Status | UnsetType = UNSET
    symbol: Text = ""
    idempotency_key: Text = ""
    limit: Limit = 50


async def place(services: Services, call: Call) -> shapes.Order:
    request: OrderRequest = call.body
    key = _idempotency_key(call, services.config.idempotency_key_chars_max)
    if request.symbol in services.directory:
        services.placing.take_shared(request.symbol)
    answer = await services.orders.place(call.user_id, request, key, call.source)
    call.resp.status = answer.status_code
    if answer.replayed:
        call.resp.set_header("Idempotency-Replayed", "true")
    return shapes.order_json(answer.order)


async def order(services: Services, call: Call, order_id: str) -> shapes.Order:
    return shapes.order_json(await services.orders.order(call.user_id, _id(order_id)))


async def events(services: Services, call: Call, order_id: str) -> list[shapes.OrderEvent]:
    rows = await services.orders.audit(call.user_id, _id(order_id))
    return [shapes.order_event_json(row, call.user_id) for row in rows]


async def cancel(services: Services, call: Call, order_id: str) -> shapes.CancelAnswer:
    cancelled = await services.orders.cancel(call.user_id, _id(order_id), call.source)
    if not cancelled.done:
        call.resp.status = ACCEPTED
    return shapes.CancelAnswer(ok=cancelled.done, order=shapes.order_json(cancelled.order))


async def orders(services: Services, call: Call) -> list[shapes.Order]:
    query: OrdersQuery = call.query
    where = OrderFilter(
        status=None if query.status is UNSET else query.status,
        symbol=query.symbol or None,
        idempotency_key=query.idempotency_key or None,
    )
    before = unpack_id(query.cursor) if query.cursor else None
    found = await services.orders.orders(call.user_id, where, Page(query.limit + 1, before))
    shown = found[: query.limit]
    if len(found) > query.limit:
        link_next(call, pack(shown[-1].order_id), call.req.params)
    return [shapes.order_json(one) for one in shown]


def _id(order_id: str) -> str:
    if not is_id(order_id):
        raise NotFound
    return order_id


def _idempotency_key(call: Call, chars_max: int) -> str | None:
    key = call.req.get_header("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= chars_max or not key.isascii() or not key.isprintable() or "," in key:
        raise Malformed(
            f"An Idempotency-Key is sent once and has 1 to {chars_max} characters of ASCII without commas, such as a UUID.",
            member="Idempotency-Key",
        )
    return key
