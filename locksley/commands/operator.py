"""The operator's commands: `dead-letters`, `audit`, `reconcile`. They go through the running broker."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from locksley.commands.failing import BadUse, Failed
from locksley.commands.operator_call import ask

F = TypeVar("F", bound=Callable[..., Any])

DIFFERENT = 1
LETTERS = "/operator/dead-letters"


def _options(command: F) -> F:
    command = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")(command)
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        default=Path("data"),
        show_default=True,
        metavar="DIR",
        help="Of the broker that runs.",
    )(command)


@click.group()
def dead_letters() -> None:
    """Orders that the broker asked the exchange about in vain.

    They keep what they hold, take fills, and are asked about every few minutes. Look at one, ask about it now, or discard it.
    """


@dead_letters.command("list")
@_options
def list_(data_dir: Path, as_json: bool) -> None:
    """All of them, and what happened to orders and could not be booked."""
    answer, following = ask(data_dir, "GET", LETTERS)
    while following is not None:
        page, following = ask(data_dir, "GET", following)
        answer["deadLetters"] += page["deadLetters"]
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    letters = [
        (one["order"]["orderId"], one["order"]["status"], one["deadSince"], str(one["tries"]), one["lastError"])
        for one in answer["deadLetters"]
    ]
    _table(("ORDER", "STATUS", "SINCE", "TRIES", "WHY"), letters, "No dead letters.")
    if answer["unbooked"]:
        click.echo("\nWhat happened and could not be booked:")
        unbooked = [(one["orderId"], one["lastAt"], str(one["times"]), one["why"]) for one in answer["unbooked"]]
        _table(("ORDER", "LAST TOLD", "TIMES", "WHY"), unbooked, "")


@dead_letters.command()
@click.argument("order")
@_options
def show(order: str, data_dir: Path, as_json: bool) -> None:
    """One of them, and what happened to it."""
    letter, _ = ask(data_dir, "GET", f"{LETTERS}/{quote(order, safe='')}")
    trail, _ = ask(data_dir, "GET", f"/operator/orders/{quote(order, safe='')}/audit")
    if as_json:
        click.echo(json.dumps({**letter, "audit": trail}, indent=2))
        return
    _order(letter["order"])
    click.echo(f"dead since {letter['deadSince']}, after {letter['tries']} tries: {letter['lastError']}")
    click.echo(f"asked about again at {letter['nextTryAt']}\n")
    _trail(trail)


@dead_letters.command()
@click.argument("order")
@_options
def retry(order: str, data_dir: Path, as_json: bool) -> int:
    """Ask the exchange about it now. Ends with 1 when it is in doubt still."""
    answer, _ = ask(data_dir, "POST", f"{LETTERS}/{quote(order, safe='')}/retry", {})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _order(answer["order"])
        click.echo("settled" if answer["unsettled"] is None else f"in doubt still: {answer['unsettled']}")
    return 0 if answer["unsettled"] is None else DIFFERENT


@dead_letters.command()
@click.argument("order")
@click.option("--reason", required=True, metavar="WORDS", help="Kept in the audit, with the time and your address.")
@_options
def discard(order: str, reason: str, data_dir: Path, as_json: bool) -> None:
    """Close it, with the fills that it has, and give the rest of what it holds back.

    Only you can decide that: the broker can not prove that the order will not fill any more. The exchange is asked once more; an order
    that it has open, or might still take, is not discarded. Should it fill after all, the fill is booked, and the account frozen.
    """
    answer, _ = ask(data_dir, "POST", f"{LETTERS}/{quote(order, safe='')}/discard", {"reason": reason})
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _order(answer["order"])


@click.command()
@click.argument("order")
@_options
def audit(order: str, data_dir: Path, as_json: bool) -> None:
    """Who did what to an order, when, from where, and with what result."""
    trail, _ = ask(data_dir, "GET", f"/operator/orders/{quote(order, safe='')}/audit")
    if as_json:
        click.echo(json.dumps(trail, indent=2))
    else:
        _trail(trail)


@click.command()
@click.option("--date", "day", metavar="D", help="A day (UTC) such as 2026-11-22.  [default: today]")
@_options
def reconcile(day: str | None, data_dir: Path, as_json: bool) -> int:
    """Hold every order and fill of a day against the exchange's, and compute every balance anew.

    Ends with 1 when anything differs, 0 when nothing does, 2 when it could not be compared.
    """
    try:
        report, _ = ask(data_dir, "GET", "/operator/reconciliation", date=day or datetime.now(UTC).date().isoformat())
    except Failed as error:
        raise BadUse(error.message) from None
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _report(report)
    return DIFFERENT if report["differences"] else 0


def _report(report: Any) -> None:
    click.echo(
        f"{report['day']}, as of {report['asOf'] or 'no trade'} of the feed; {report['people']} people's books computed anew"
    )
    sides = [
        (name, *(str(report[side][figure]) for figure in ("orders", "fills", "shares", "cashInCents")))
        for name, side in (("here", "here"), ("at the exchange", "there"))
    ]
    _table(("", "ORDERS", "FILLS", "SHARES", "CASH IN CENTS"), sides, "")
    click.echo()
    rows = [
        (one["what"], one["orderId"] or one["userId"] or "", one["here"] or "-", one["there"] or "-")
        for one in report["differences"]
    ]
    _table(("DIFFERENCE", "OF", "HERE", "THERE"), rows, "No differences.")
    if report["more"]:
        click.echo(f"and {report['more']} more")


def _order(order: Any) -> None:
    price = "at the market" if order["priceInCents"] is None else f"at {order['priceInCents'] / 100:,.2f}"
    click.echo(
        f"{order['orderId']}: {order['position']} {order['numShares']} {order['symbol']} {price}; {order['status']}, "
        f"{order['filledShares']} filled" + (f", {order['reason']}" if order["reason"] else "")
    )


def _trail(trail: Any) -> None:
    rows = [
        (one["time"], one["actor"], one["address"] or "-", one["what"], one["result"], one["requestId"], one["detail"])
        for one in trail
    ]
    _table(("WHEN", "WHO", "FROM WHERE", "WHAT", "RESULT", "REQUEST", ""), rows, "Nothing.")


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], otherwise: str) -> None:
    if not rows:
        click.echo(otherwise)
        return
    widths = [max(len(cell) for cell in column) for column in zip(titles, *rows, strict=True)]
    for row in (titles, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
