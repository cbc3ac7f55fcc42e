"""What a person has: account, positions, activity."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from locksley.clock import rfc3339
from locksley.domain.order import Side
from locksley.order_db.port import Fill
from locksley.portfolio.activity import Entry
from locksley.portfolio.holdings import Holding
from locksley.portfolio.port import ActivityPage
from locksley.web import activity_csv, shapes
from locksley.web.call import Call
from locksley.web.cursors import link_next, pack_pair, unpack_pair
from locksley.web.queries import Limit, ListQuery, Text
from locksley.web.services import Services

CSV_ROWS_MAX = 10_000

OneSymbol = Annotated[Text, msgspec.Meta(description="Its fills alone, without transfers.", examples=["META"])]


class ActivityQuery(ListQuery):
    """`format` asks for CSV whatever is accepted; `ghostfolio` is what that program imports. CSV has all rows unless a limit is given."""

    symbol: OneSymbol = ""
    limit: Limit = 50
    format: Literal["csv", "ghostfolio"] | UnsetType = UNSET


async def account(services: Services, call: Call) -> shapes.Account:
    worth = await services.holdings.worth(call.user_id)
    return shapes.Account(
        user_id=call.user_id,
        cash_in_cents=worth.account.cash_cents,
        held_in_cents=worth.account.held_cents,
        buying_power_in_cents=worth.account.buying_power_cents,
        positions_value_in_cents=worth.positions_value_cents,
        equity_in_cents=worth.equity_cents,
        frozen=worth.account.frozen,
    )


async def positions(services: Services, call: Call) -> list[shapes.Position]:
    return [_position_json(holding) for holding in await services.holdings.positions(call.user_id)]


async def activity(services: Services, call: Call) -> list[shapes.Activity] | None:
    query: ActivityQuery = call.query
    before = unpack_pair(query.cursor) if query.cursor else (None, None)
    call.resp.append_header("Vary", "Accept")
    wants_csv = query.format or call.req.client_prefers(("application/json", "text/csv")) == "text/csv"
    limit = CSV_ROWS_MAX if wants_csv and "limit" not in call.req.params else query.limit
    page = await services.activity.page(call.user_id, ActivityPage(limit, *before, query.symbol or None))
    if page.next is not None:
        link_next(call, pack_pair(page.next.fills_before, page.next.transfers_before), call.req.params)
    if not wants_csv:
        return [_activity_json(entry) for entry in page.entries]
    call.resp.content_type = "text/csv; charset=utf-8; header=present"
    call.resp.set_header("Content-Disposition", 'attachment; filename="activity.csv"')
    call.resp.data = (
        activity_csv.ghostfolio(page.entries)
        if query.format == "ghostfolio"
        else activity_csv.spreadsheet(map(_activity_json, page.entries))
    )
    return None


def _position_json(holding: Holding) -> shapes.Position:
    return shapes.Position(
        symbol=holding.position.symbol,
        shares=holding.position.shares,
        held_shares=holding.position.held_shares,
        average_cost_in_cents=holding.average_cost_cents,
        price_in_cents=holding.price_cents,
        market_value_in_cents=holding.value_cents,
        gain_in_cents=holding.gain_cents,
    )


def _activity_json(entry: Entry) -> shapes.Activity:
    if not isinstance(entry, Fill):
        return shapes.Activity(
            activity_id=f"transfer-{entry.transfer_id}",
            type="transfer",
            time=rfc3339(entry.at_ms),
            amount_in_cents=entry.amount_cents,
        )
    return shapes.Activity(
        activity_id=f"fill-{entry.fill_id}",
        type="fill",
        time=rfc3339(entry.booked_at_ms),
        symbol=entry.symbol,
        position=Side(entry.side),
        shares=entry.num_shares,
        price=activity_csv.dollars(entry.price_e4),
        amount_in_cents=entry.cash_cents,
    )
