"""`locksley account`, `positions`, `activity`."""

from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.formats import NONE, Ticker, change, dollars, percent, shares, when
from locksley.commands.parameters import Count

if TYPE_CHECKING:
    from locksley.commands.session import Session


@click.command()
@asks_a_broker
def account(session: "Session") -> None:
    """Cash, what of it is held for open orders, and what everything is worth."""
    from locksley.commands.tables import Cell, Column, Row  # noqa: PLC0415

    found = session.client.account()
    rows: list[Row] = [
        ["cash", dollars(found.cash_in_cents)],
        ["held for open orders", dollars(found.held_in_cents)],
        ["buying power", dollars(found.buying_power_in_cents)],
        ["positions", dollars(found.positions_value_in_cents)],
        [Cell("equity", "bold"), Cell(dollars(found.equity_in_cents), "bold")],
    ]
    session.show(found, [Column("", is_number=False), Column("")], rows)
    if found.frozen:
        session.say(
            "This account is frozen: orders are not taken until the broker's operator has looked at it.", "yellow"
        )


@click.command()
@asks_a_broker
def positions(session: "Session") -> None:
    """The shares that you have, what they cost and what they are worth now."""
    from locksley.commands.tables import Cell, Column, Row, good_or_bad  # noqa: PLC0415

    found = session.client.positions()
    columns = [
        Column("symbol", is_number=False),
        Column("shares"),
        Column("held", 5),
        Column("average cost", 4),
        Column("price", 3),
        Column("value", 1),
        Column("gain"),
        Column("%", 2),
    ]
    rows: list[Row] = []
    for one in found:
        style = good_or_bad(one.gain_in_cents)
        cost_in_cents = one.average_cost_in_cents * one.shares
        rows.append(
            [
                Cell(one.symbol, "bold"),
                shares(one.shares),
                shares(one.held_shares) if one.held_shares else NONE,
                dollars(one.average_cost_in_cents),
                dollars(one.price_in_cents),
                dollars(one.market_value_in_cents),
                Cell(change(one.gain_in_cents), style),
                Cell(percent(one.gain_in_cents, cost_in_cents), style),
            ]
        )
    session.show(found, columns, rows, empty="No shares yet. Buy some: locksley buy AAPL 10")


@click.command()
@click.option("--symbol", type=Ticker(), help="Only fills of this symbol.")
@click.option("--limit", default=20, show_default=True, type=Count(1), help="How many at most.")
@asks_a_broker
def activity(session: "Session", symbol: str | None, limit: int) -> None:
    """What happened to your cash and shares: fills and transfers, newest first."""
    from locksley.commands.tables import Cell, Column, Row, good_or_bad  # noqa: PLC0415

    found = list(session.client.activity(symbol=symbol, most=limit))
    columns = [
        Column("time", 3, is_number=False),
        Column("what", is_number=False),
        Column("symbol", 1, is_number=False),
        Column("shares", 2),
        Column("price", 2),
        Column("amount"),
    ]
    rows: list[Row] = [
        [
            when(one.time),
            one.position or one.type,
            one.symbol or "",
            shares(one.shares) if one.shares is not None else "",
            f"${one.price}" if one.price is not None else "",
            Cell(dollars(one.amount_in_cents), good_or_bad(one.amount_in_cents)),
        ]
        for one in found
    ]
    session.show(found, columns, rows, empty=f"No fills of {symbol}." if symbol else "No fills and no transfers yet.")
