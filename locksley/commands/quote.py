"""`locksley quote`."""

from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.failing import BadUse
from locksley.commands.formats import Ticker, age_of, change, dollars, percent, shares
from locksley.commands.parameters import Count

if TYPE_CHECKING:
    from locksley.commands.session import Session

FOUND_MAX = 20


@click.command()
@click.argument("symbols", nargs=-1, type=Ticker(), metavar="SYMBOL…")
@click.option(
    "--search", metavar="TEXT", help="Find symbols by the beginning of their ticker or of words of their name."
)
@click.option("--limit", default=FOUND_MAX, show_default=True, type=Count(1), help="How many to find at most.")
@asks_a_broker
def quote(session: "Session", symbols: tuple[str, ...], search: str | None, limit: int) -> None:
    """Prices of some symbols, with their change since the close of the day before; or a search for symbols."""
    if (search is None) == (not symbols):
        raise BadUse("name symbols, like: locksley quote AAPL META; or search: locksley quote --search apple")
    if search is not None:
        _search(session, search, limit)
    else:
        _quote(session, symbols)


def _quote(session: "Session", symbols: tuple[str, ...]) -> None:
    from locksley.commands.tables import Cell, Column, Row, good_or_bad  # noqa: PLC0415

    found = session.client.symbols(*symbols)
    columns = [
        Column("symbol", is_number=False),
        Column("name", 4, is_number=False, can_shorten=True),
        Column("price"),
        Column("change", 3),
        Column("%", 1),
        Column("low", 6),
        Column("high", 6),
        Column("volume", 5),
        Column("age", 2),
    ]
    rows: list[Row] = []
    for one in found:
        style = good_or_bad(one.change_in_cents)
        rows.append(
            [
                Cell(one.symbol, "bold"),
                one.name,
                dollars(one.price_in_cents),
                Cell(change(one.change_in_cents), style),
                Cell(percent(one.change_in_cents, one.previous_close_in_cents), style),
                dollars(one.day_low_in_cents),
                dollars(one.day_high_in_cents),
                shares(one.day_volume),
                Cell("stale", "yellow") if one.stale else age_of(one.updated_at),
            ]
        )
    session.show(found, columns, rows)


def _search(session: "Session", text: str, limit: int) -> None:
    from locksley.commands.tables import Cell, Column, Row  # noqa: PLC0415

    found = list(session.client.search(text, most=limit))
    columns = [Column("symbol", is_number=False), Column("name", is_number=False, can_shorten=True), Column("price")]
    rows: list[Row] = [[Cell(one.symbol, "bold"), one.name, dollars(one.price_in_cents)] for one in found]
    session.show(
        found, columns, rows, empty=f"No symbol, and no word of a name, begins with '{text}'. Give fewer letters."
    )
