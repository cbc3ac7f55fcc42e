"""A symbol's prices over time."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from locksley.clock import rfc3339
from locksley.domain.errors import NotFound
from locksley.domain.intervals import USUAL_INTERVAL, IntervalName, RangeName
from locksley.domain.money import shown_price_cents
from locksley.prices.history.price_history import Asked, Timed
from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.cursors import bad_cursor, link_next, pack_pair, unpack_pair
from locksley.web.services import Services
from locksley.web.shapes import Body


class HistoryQuery(Body):
    """`interval`: one that suits the range, unless named. `adjusted`: as if every split had always been."""

    range: RangeName = "1d"
    interval: IntervalName | UnsetType = UNSET
    adjusted: bool = False
    cursor: Annotated[str, msgspec.Meta(max_length=64)] = ""


async def history(services: Services, call: Call, name: str) -> list[shapes.Bar]:
    query: HistoryQuery = call.query
    listed = await _is_listed(services, name)
    interval = query.interval or USUAL_INTERVAL[query.range]
    asked = Asked(name, query.range, interval, query.adjusted, _before_ms(query.cursor))
    shown = await services.history.show(asked, listed)
    if not listed and not shown.bars and not await services.history.has(name):
        raise NotFound("No such symbol trades on the exchange.")
    if shown.next_before_ms is not None:
        link_next(call, pack_pair(shown.next_before_ms, None), call.req.params)
    return [_bar_json(timed) for timed in shown.bars]


async def _is_listed(services: Services, name: str) -> bool:
    [price] = await services.prices.get_many([name])
    return price is not None


def _before_ms(cursor: str) -> int | None:
    if not cursor:
        return None
    before_ms, _ = unpack_pair(cursor)
    if before_ms is None:
        raise bad_cursor()
    return before_ms


def _bar_json(timed: Timed) -> shapes.Bar:
    bar = timed.bar
    return shapes.Bar(
        time=rfc3339(timed.at_ms),
        open_in_cents=shown_price_cents(bar.open_e4),
        high_in_cents=shown_price_cents(bar.high_e4),
        low_in_cents=shown_price_cents(bar.low_e4),
        close_in_cents=shown_price_cents(bar.close_e4),
        volume=bar.volume,
    )
