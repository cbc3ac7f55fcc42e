"""`locksley watch`."""

from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.formats import Ticker
from locksley.commands.parameters import Count

if TYPE_CHECKING:
    from locksley.commands.session import Session


@click.command()
@click.argument("symbols", nargs=-1, required=True, type=Ticker(), metavar="SYMBOL…")
@click.option("--limit", type=Count(1), help="End after so many prices.  [default: at Ctrl-C]")
@asks_a_broker
def watch(session: "Session", symbols: tuple[str, ...], limit: int | None) -> None:
    """Live prices with their change since the close of the day before, and how old each is.

    In a terminal it is a table; into a pipe, and with --json, it is a line for each price. A lost connection is made again.
    """
    from locksley.commands.watching import lines, live_table  # noqa: PLC0415

    if session.console.is_terminal and not session.as_json:
        live_table(session, symbols, limit)
    else:
        lines(session, symbols, limit)
