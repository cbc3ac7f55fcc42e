"""`locksley chart` and `locksley portfolio`: how a price, or all that one has, went."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.formats import Ticker, basis_points, change, dollars, percent
from locksley.commands.parameters import OneOf

if TYPE_CHECKING:
    from locksley.client import Bar, Returns
    from locksley.commands.session import Session

HEIGHT = 12
WIDTH_MAX = 160
RANGES = OneOf(["1d", "1w", "1m", "1y", "all"])


@click.command()
@click.argument("symbol", type=Ticker(), metavar="SYMBOL")
@click.option("--range", "range_", default="1d", show_default=True, type=RANGES, help="How far back.")
@click.option("--interval", metavar="1m|5m|1h|1d…", help="How much time one bar has.  [default: one that suits]")
@asks_a_broker
def chart(session: "Session", symbol: str, range_: Any, interval: str | None) -> None:
    """How a symbol's price went. A day's change is from the close of the day before, that of another range from the first price shown."""
    from locksley.commands.wording import naming  # noqa: PLC0415

    with naming(symbol):
        bars = session.client.history(symbol, range_, interval)
    if session.as_json:
        session.document(bars)
    elif not bars:
        session.say(f"Nothing of {symbol} is known of this time; try a longer --range.")
    else:
        closes = [bars[0].open_in_cents, *(bar.close_in_cents for bar in bars)]
        base, since = _base(session, symbol, range_, bars)
        moved = closes[-1] - base
        head = f"{symbol}, {range_}: {dollars(closes[-1])}  {change(moved)}  {percent(moved, base)}  {since}"
        _draw(session, [head], closes, [bar.time for bar in bars])


@click.command()
@click.option("--range", "range_", default="1m", show_default=True, type=RANGES, help="How far back.")
@click.option("--interval", metavar="5m|1h|1d…", help="How much time there is between two points.")
@asks_a_broker
def portfolio(session: "Session", range_: Any, interval: str | None) -> None:
    """What all that you have was worth, and what it gained. Cash that came in or went out is drawn, and is no gain."""
    values = session.client.portfolio_history(range_, interval)
    if session.as_json:
        session.document(values)
    elif not values:
        session.say("Nothing to draw yet: there was neither cash nor a share.")
    else:
        found = session.client.portfolio_returns(range_)
        equity = [one.equity_in_cents for one in values]
        _draw(session, _gained(found, range_), equity, [one.time for one in values], by_time=True)


def _base(session: "Session", symbol: str, range_: Any, bars: "Sequence[Bar]") -> tuple[int, str]:
    """What a change is counted from. A day's is counted as `quote` does it, where the symbol still trades."""
    from locksley.client import NotFound  # noqa: PLC0415
    from locksley.commands.drawing import label  # noqa: PLC0415

    if range_ == "1d":
        with suppress(NotFound):
            if close_in_cents := session.client.symbol(symbol).previous_close_in_cents:
                return close_in_cents, "since the close of the day before"
    return bars[0].open_in_cents, f"since the first price shown, of {label(bars[0].time, bars[-1].time)}"


def _gained(found: "Returns", range_: Any) -> list[str]:
    plain, weighted = found.plain_return_in_basis_points, found.time_weighted_return_in_basis_points
    lines = [
        f"equity, {range_}: {dollars(found.end_equity_in_cents)}",
        f"gain: {change(found.gain_in_cents)}  plain {basis_points(plain)}, time-weighted {basis_points(weighted)}",
    ]
    if came := found.transferred_in_cents:
        lines.append(f"{'paid in' if came > 0 else 'taken out'}: {dollars(abs(came))}, not counted as gain or loss")
    return lines


def _draw(
    session: "Session", head: Sequence[str], cents: Sequence[int], times: Sequence[datetime], *, by_time: bool = False
) -> None:
    from locksley.commands.drawing import chart as drawn  # noqa: PLC0415

    width = min(session.console.width, WIDTH_MAX)
    session.say("\n".join([*head, *drawn(cents, times, width, HEIGHT, by_time=by_time)]))
