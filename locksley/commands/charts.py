"""`locksley chart` and `locksley portfolio`: how a price, or all that one has, went."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.formats import change, dollars, percent

if TYPE_CHECKING:
    from locksley.commands.session import Session

HEIGHT = 12
WIDTH_MAX = 160
RANGES = click.Choice(["1d", "1w", "1m", "1y", "all"])


@click.command()
@click.argument("symbol", metavar="SYMBOL")
@click.option("--range", "range_", default="1d", show_default=True, type=RANGES, help="How far back.")
@click.option("--interval", metavar="1m|5m|1h|1d…", help="How much time one bar has.  [default: one that suits]")
@asks_a_broker
def chart(session: "Session", symbol: str, range_: Any, interval: str | None) -> None:
    """How a symbol's price went."""
    bars = session.client.history(symbol, range_, interval)
    if session.as_json:
        session.document(bars)
    elif not bars:
        session.say(f"Nothing of {symbol} is known of this time; try a longer --range.")
    else:
        closes = [bars[0].open_in_cents, *(bar.close_in_cents for bar in bars)]
        _draw(session, f"{symbol}, {range_}", closes, [bar.time for bar in bars])


@click.command()
@click.option("--range", "range_", default="1m", show_default=True, type=RANGES, help="How far back.")
@click.option("--interval", metavar="5m|1h|1d…", help="How much time there is between two points.")
@asks_a_broker
def portfolio(session: "Session", range_: Any, interval: str | None) -> None:
    """What all that you have was worth."""
    values = session.client.portfolio_history(range_, interval)
    if session.as_json:
        session.document(values)
    elif not values:
        session.say("Nothing yet.")
    else:
        _draw(session, f"equity, {range_}", [one.equity_in_cents for one in values], [one.time for one in values])


def _draw(session: "Session", what: str, cents: Sequence[int], times: Sequence[datetime]) -> None:
    from locksley.commands.drawing import chart as drawn  # noqa: PLC0415

    first, last = cents[0], cents[-1]
    head = f"{what}: {dollars(last)}  {change(last - first)}  {percent(last - first, first)}"
    session.say("\n".join([head, *drawn(cents, times, min(session.console.width, WIDTH_MAX), HEIGHT)]))
