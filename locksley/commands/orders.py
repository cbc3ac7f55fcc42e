"""`locksley orders`, `order`, `cancel`."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.failing import BadUse, Failed
from locksley.commands.formats import NONE, Ticker, dollars, shares, when
from locksley.commands.parameters import Count, OneOf

if TYPE_CHECKING:
    from locksley.client import Order
    from locksley.client.shapes import Status
    from locksley.commands.session import Session
    from locksley.commands.tables import Column, Row

STATUSES = ("pending", "submitted", "partially_filled", "filled", "pending_cancel", "cancelled", "failed")
OPEN = ("pending", "submitted", "partially_filled", "pending_cancel")  # in the order that an order goes through them
ENDING_CHARS_MIN = 4
SHOWN_ENDING_CHARS = 8
WHOLE_ID_WIDTH_MIN = 120
LOOKED_THROUGH_MAX = 500

_WHOLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@click.command()
@click.option("--status", type=OneOf(("open", *STATUSES)), help="Only those; open: all that are not closed.")
@click.option("--symbol", type=Ticker(), help="Only those of this symbol.")
@click.option("--limit", default=20, show_default=True, type=Count(1), help="How many at most.")
@click.option("--follow", is_flag=True, help="What happens to orders from now on, until Ctrl-C.")
@asks_a_broker
def orders(session: "Session", status: str | None, symbol: str | None, limit: int, follow: bool) -> None:
    """Your orders, newest first."""
    if follow:
        if status is not None:
            raise BadUse("--follow shows every change; leave out --status")
        _follow(session, symbol)
        return
    found = _newest(session, OPEN if status == "open" else (status,), symbol, limit)  # type: ignore[arg-type]
    is_narrow = session.console.width < WHOLE_ID_WIDTH_MIN
    empty = "No orders." if status or symbol else "No orders yet. Place one: locksley buy AAPL 10"
    session.show(found, _columns(), [_row(one, is_narrow) for one in found], empty=empty)


@click.command()
@click.argument("order_id", metavar="ORDER")
@click.option("--events", is_flag=True, help="What happened to it, step by step.")
@asks_a_broker
def order(session: "Session", order_id: str, events: bool) -> None:
    """One order. ORDER is its id, or enough of the id's end to tell it from your other orders."""
    from locksley.commands.tables import Column, Row  # noqa: PLC0415
    from locksley.commands.wording import headline, standing  # noqa: PLC0415

    found = session.client.order(_whole_id(session, order_id))
    if not events:
        session.say(headline(found))
        session.say(f"{standing(found)}\nPlaced {when(found.created_at)}, changed {when(found.updated_at)}")
        if session.as_json:
            session.document(found)
        return
    trail = session.client.order_events(found.order_id)
    columns = [
        Column("time", 1, is_number=False),
        Column("what", is_number=False),
        Column("result", is_number=False),
        Column("by", 2, is_number=False),
        Column("detail", 3, is_number=False, can_shorten=True),
    ]
    rows: list[Row] = [[when(one.time), one.what, one.result, one.actor, one.detail] for one in trail]
    session.show(trail, columns, rows)


@click.command()
@click.argument("order_id", metavar="ORDER")
@asks_a_broker
def cancel(session: "Session", order_id: str) -> None:
    """Take an open order back. ORDER is its id, or enough of the id's end to tell it from your other orders."""
    from locksley.commands.wording import standing  # noqa: PLC0415

    cancelled = session.client.cancel(_whole_id(session, order_id))
    if session.as_json:
        session.document(cancelled)
    elif cancelled.ok:
        session.say(standing(cancelled.order))
    else:
        session.say(
            "The exchange has not answered yet. Your cancel is kept and carried through; shares may still be filled until then. "
            f"See: locksley order {cancelled.order.order_id}"
        )


def _newest(session: "Session", statuses: "Sequence[Status | None]", symbol: str | None, limit: int) -> "list[Order]":
    """By their ids, as the broker lists them. An order that goes on between two questions is shown as it was last."""
    found = {
        one.order_id: one
        for status in statuses
        for one in session.client.orders(status=status, symbol=symbol, most=limit)
    }
    return sorted(found.values(), key=lambda one: one.order_id, reverse=True)[:limit]


def _follow(session: "Session", symbol: str | None) -> None:
    from locksley.client import Reset  # noqa: PLC0415
    from locksley.commands.wording import asked  # noqa: PLC0415

    with session.client.order_updates() as updates:
        if sys.stderr.isatty():
            session.remark("Waiting for changes of your orders; Ctrl-C ends it.")
        for update in updates:
            if isinstance(update, Reset):
                session.remark("Updates were missed; how the orders stand now follows.")
            elif symbol is None or update.order.symbol == symbol:
                one = update.order
                filled = f", {shares(one.filled_shares)} filled" if one.filled_shares else ""
                session.say(f"{when(one.updated_at)}  {asked(one)}: {one.status}{filled}")
                if session.as_json:
                    session.document(update)


def _columns() -> "list[Column]":
    from locksley.commands.tables import Column  # noqa: PLC0415

    return [
        Column("order", 1, is_number=False),
        Column("time", 6, is_number=False),
        Column("what", is_number=False),
        Column("shares"),
        Column("symbol", is_number=False),
        Column("price", 3),
        Column("status", is_number=False),
        Column("filled", 4),
        Column("at", 5),
    ]


def _row(one: "Order", is_narrow: bool) -> "Row":
    from locksley.commands.tables import Cell  # noqa: PLC0415

    style = {"filled": "green", "failed": "red", "cancelled": "dim"}.get(one.status, "")
    return [
        f"…{one.order_id[-SHOWN_ENDING_CHARS:]}" if is_narrow else one.order_id,
        when(one.created_at),
        one.position,
        shares(one.num_shares),
        Cell(one.symbol, "bold"),
        "market" if one.price_in_cents is None else dollars(one.price_in_cents),
        Cell(one.status, style),
        shares(one.filled_shares) if one.filled_shares else NONE,
        dollars(one.average_fill_price_in_cents),
    ]


def _whole_id(session: "Session", text: str) -> str:
    """Tables of narrow terminals show the ends of ids."""
    if _WHOLE_ID.fullmatch(text):
        return text
    ending = text.lstrip("…")
    if len(ending) < ENDING_CHARS_MIN:
        raise BadUse(f"'{text}' is too short; give an order's id, or {ENDING_CHARS_MIN} characters or more of its end")
    found = [one for one in session.client.orders(most=LOOKED_THROUGH_MAX) if one.order_id.endswith(ending)]
    if len(found) != 1:
        how_many = "None" if not found else str(len(found))
        raise Failed(
            f"{how_many} of your newest {LOOKED_THROUGH_MAX} orders have an id that ends so; see: locksley orders"
        )
    return found[0].order_id
