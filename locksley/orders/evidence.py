"""What an answer of the exchange proves about an order, as events."""

from collections.abc import Sequence

from locksley.domain.events import Accepted, ClosedByExchange, Event, Execution, Filled, NeverHad
from locksley.domain.order import Order
from locksley.domain.price import Trade
from locksley.exchange.port import AsOf, State, VenueOrder


def execution_of(trade: Trade) -> Execution:
    return Execution(trade.trade_id, trade.epoch, trade.sequence, trade.price_e4, trade.num_shares, trade.timestamp_ms)


def fills(external_order_id: str, executions: Sequence[Execution]) -> list[Event]:
    return [Filled(execution, external_order_id) for execution in executions]


def of_venue_order(venue: VenueOrder, newer: Sequence[Execution] = ()) -> list[Event]:
    """Of an order that the exchange has: accepted, its executions, those that the feed told of meanwhile, and closed if it is."""
    assert venue.external_order_id is not None
    is_open = venue.state is State.OPEN
    told = {execution.trade_id for execution in venue.executions}
    events: list[Event] = [
        Accepted(venue.external_order_id, open_there=is_open),
        *fills(venue.external_order_id, venue.executions),
        *fills(venue.external_order_id, [execution for execution in newer if execution.trade_id not in told]),
    ]
    if not is_open:
        events.append(ClosedByExchange(venue.filled_shares))
    return events


def of_lookup(order: Order, venue: VenueOrder, as_of: AsOf, newer: Sequence[Execution] = ()) -> list[Event]:
    """Of a lookup. That the exchange does not know an order proves something only once it must refuse it for ever."""
    if venue.state is not State.UNKNOWN:
        return of_venue_order(venue, newer)
    return [NeverHad()] if as_of.now_ms > order.not_after_ms else []


def contradiction(order: Order, venue: VenueOrder) -> str | None:
    """Why an answer can not be true. `order` is as it stood before the exchange was asked: what was booked by then it had told of."""
    if venue.state is State.UNKNOWN or venue.filled_shares >= order.filled_shares:
        return None
    return f"the exchange says that {venue.filled_shares} shares are filled; {order.filled_shares} are booked"
