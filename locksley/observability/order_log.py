"""Each order's way through both flows, a line for each step, by the id of the request that placed it. At level `debug` only.

reads from: the calls that the flows make of order db and exchange, whose place it takes in the wiring. writes to: the log.
Request ids are kept in memory, bounded; of an order placed before this start the id is taken from its audit.
"""

from collections.abc import Sequence

import structlog

from locksley.domain.events import Event, Filled
from locksley.domain.order import Order
from locksley.domain.price import Version
from locksley.exchange.port import Cancellations, ExchangeError, NewOrder, OrderEntry, Placements
from locksley.observability.in_place import InPlaceOf, Newest
from locksley.order_db.port import Applied, IdempotencyKey, Lease, OrderEvents, Placed, Source
from locksley.order_db.upkeep import UpkeepDb

ORDERS_MAX = 50_000

log = structlog.get_logger()


RequestIds = Newest[str]  # of the request that placed an order, by the order's id


class LoggedOrderDb(InPlaceOf[UpkeepDb]):
    """Tells what is stored."""

    def __init__(self, orders: UpkeepDb, request_ids: RequestIds) -> None:
        super().__init__(orders)
        self._request_ids = request_ids

    async def place(self, order: Order, key: IdempotencyKey | None, source: Source) -> Placed:
        placed = await self._real.place(order, key, source)
        if placed.replayed:
            log.debug("order replayed", request_id=source.request_id, order_id=placed.order.order_id)
            return placed
        self._request_ids.keep(order.order_id, source.request_id)
        log.debug(
            "order stored",
            request_id=source.request_id,
            order_id=order.order_id,
            user_id=order.user_id,
            side=order.side,
            symbol=order.symbol,
            num_shares=order.num_shares,
        )
        return placed

    async def apply(
        self,
        changes: Sequence[OrderEvents],
        source: Source,
        feed_position: Version | None = None,
        lease: Lease | None = None,
    ) -> list[Applied]:
        applied = await self._real.apply(changes, source, feed_position, lease)
        for change, one in zip(changes, applied, strict=True):
            if one.changed:
                log.debug(
                    "order booked",
                    request_id=await self._request_id(change),
                    order_id=change.order_id,
                    by=source.actor,
                    cause=source.request_id or None,
                    events=[_name(event) for event in change.events],
                    trades=[event.execution.trade_id for event in change.events if isinstance(event, Filled)],
                    status=one.order.status,
                    filled_shares=one.order.filled_shares,
                )
        return applied

    async def _request_id(self, change: OrderEvents) -> str | None:
        known = self._request_ids.get(change.order_id)
        if known is None:
            trail = await self._real.audit(change.user_id, change.order_id)
            known = trail[0].source.request_id if trail else ""
            self._request_ids.keep(change.order_id, known)
        return known or None


class LoggedOrderEntry(InPlaceOf[OrderEntry]):
    """Tells what is sent to the exchange, and what came of it."""

    def __init__(self, exchange: OrderEntry, request_ids: RequestIds) -> None:
        super().__init__(exchange)
        self._request_ids = request_ids

    async def place(self, orders: Sequence[NewOrder]) -> Placements:
        names = [order.client_order_id for order in orders]
        try:
            placements = await self._real.place(orders)
        except ExchangeError as error:
            self._tell(names, ["unknown"] * len(names), error=str(error))
            raise
        self._tell(names, [item.refusal or "accepted" for item in placements.items], error=None)
        return placements

    async def cancel(self, external_order_ids: Sequence[str]) -> Cancellations:
        answer = await self._real.cancel(external_order_ids)
        for external_order_id, item in zip(external_order_ids, answer.items, strict=True):
            state = item.order.state if item.order is not None else "unknown"
            log.debug("cancel answered", external_order_id=external_order_id, state=state)
        return answer

    def _tell(self, order_ids: Sequence[str], outcomes: Sequence[str], error: str | None) -> None:
        for order_id, outcome in zip(order_ids, outcomes, strict=True):
            log.debug(
                "order sent",
                request_id=self._request_ids.get(order_id),
                order_id=order_id,
                outcome=outcome,
                batch=len(order_ids),
                error=error,
            )


def _name(event: Event) -> str:
    return type(event).__name__
