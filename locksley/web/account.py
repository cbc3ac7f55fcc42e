"""What a person has: account, positions, activity."""

import csv
import io
from collections.abc import Sequence

from locksley.clock import rfc3339
from locksley.domain.order import Side
from locksley.order_db.port import Fill
from locksley.portfolio.activity import Entry
from locksley.portfolio.holdings import Holding
from locksley.portfolio.port import ActivityPage
from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.cursors import link_next, pack_pair, unpack_pair
from locksley.web.queries import Limit, ListQuery
from locksley.web.services import Services

E4_PER_DOLLAR = 10_000
CSV_COLUMNS = ("activityId", "type", "time", "symbol", "position", "shares", "price", "amountInCents")


class ActivityQuery(ListQuery):
    limit: Limit = 50


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
    page = await services.activity.page(call.user_id, ActivityPage(query.limit, *before))
    if page.next is not None:
        link_next(call, pack_pair(page.next.fills_before, page.next.transfers_before), call.req.params)
    rows = [_activity_json(entry) for entry in page.entries]
    call.resp.append_header("Vary", "Accept")
    if call.req.client_prefers(("application/json", "text/csv")) != "text/csv":
        return rows
    call.resp.content_type = "text/csv; charset=utf-8; header=present"
    call.resp.set_header("Content-Disposition", 'attachment; filename="activity.csv"')
    call.resp.data = _csv(rows)
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
        price=_dollars(entry.price_e4),
        amount_in_cents=entry.cash_cents,
    )


def _dollars(price_e4: int) -> str:
    """Whole cents with two decimals, finer prices with four."""
    dollars, rest = divmod(price_e4, E4_PER_DOLLAR)
    return f"{dollars}.{rest // 100:02}" if rest % 100 == 0 else f"{dollars}.{rest:04}"


def _csv(rows: Sequence[shapes.Activity]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        known = row.type == "fill"
        fill = (row.symbol, row.position, row.shares, row.price) if known else ("", "", "", "")
        writer.writerow((row.activity_id, row.type, row.time, *fill, row.amount_in_cents))
    return text.getvalue().encode()
