"""The operator's commands: `dead-letters`, `audit`, `reconcile`. They go through the running broker."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from locksley.commands.failing import BadUse
from locksley.commands.formats import NONE, SENTENCE_CHARS, dollars, shares
from locksley.commands.operating import operates_a_broker
from locksley.commands.operator_call import Misused, Refused

if TYPE_CHECKING:
    from locksley.commands.operator_session import Operator

DIFFERENT = 1
UNTOLD = 2
LETTERS = "/operator/dead-letters"


@click.group()
def dead_letters() -> None:
    """Orders that the broker asked the exchange about in vain.

    They keep what they hold, take fills, and are asked about every few minutes. Look at one, ask about it now, or discard it.
    """


@dead_letters.command("list")
@operates_a_broker
def list_(operator: "Operator") -> None:
    """All of them, and what happened to orders and could not be booked."""
    from locksley.commands.operator_session import moment  # noqa: PLC0415
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    first, *others = operator.pages(LETTERS)
    answer = {**first, "deadLetters": first["deadLetters"] + [one for page in others for one in page["deadLetters"]]}
    columns = [
        Column("order", is_number=False),
        Column("status", 2, is_number=False),
        Column("since", 3, is_number=False),
        Column("tries", 1),
        Column("why", is_number=False, can_shorten=True, shortest=SENTENCE_CHARS),
    ]
    letters: list[Row] = [
        [
            one["order"]["orderId"],
            one["order"]["status"],
            moment(one["deadSince"]),
            shares(one["tries"]),
            one["lastError"],
        ]
        for one in answer["deadLetters"]
    ]
    operator.show(answer, columns, letters, empty="No dead letters.")
    if letters:
        operator.say("\nOne of them, and what happened to it: locksley dead-letters show ORDER")
    if answer["unbooked"] and not operator.as_json:
        operator.say("\nWhat happened and could not be booked:")
        columns = [
            Column("order", is_number=False),
            Column("last told", 2, is_number=False),
            Column("times", 1),
            Column("why", is_number=False, can_shorten=True, shortest=SENTENCE_CHARS),
        ]
        unbooked: list[Row] = [
            [one["orderId"], moment(one["lastAt"]), shares(one["times"]), one["why"]] for one in answer["unbooked"]
        ]
        operator.table(columns, unbooked)


@dead_letters.command()
@click.argument("order", metavar="ORDER")
@operates_a_broker
def show(operator: "Operator", order: str) -> None:
    """One of them, and what happened to it."""
    from locksley.commands.operator_session import moment  # noqa: PLC0415

    letter = operator.ask("GET", f"{LETTERS}/{quote(order, safe='')}")
    trail = operator.ask("GET", f"/operator/orders/{quote(order, safe='')}/audit")
    if operator.as_json:
        operator.document({**letter, "audit": trail})
        return
    _say_order(operator, letter["order"])
    operator.say(
        f"In doubt since {moment(letter['deadSince'])}, after {shares(letter['tries'])} tries: {letter['lastError']}\n"
        f"Asked about again at {moment(letter['nextTryAt'])}; to ask now: locksley dead-letters retry {order}\n"
    )
    _show_trail(operator, trail)


@dead_letters.command()
@click.argument("order", metavar="ORDER")
@operates_a_broker
def retry(operator: "Operator", order: str) -> int:
    """Ask the exchange about it now. Ends with 1 when it is in doubt still."""
    answer = operator.ask("POST", f"{LETTERS}/{quote(order, safe='')}/retry", {})
    if operator.as_json:
        operator.document(answer)
    else:
        _say_order(operator, answer["order"])
        operator.say("Settled." if answer["unsettled"] is None else f"In doubt still: {answer['unsettled']}")
    return 0 if answer["unsettled"] is None else DIFFERENT


@dead_letters.command()
@click.argument("order", metavar="ORDER")
@click.option("--reason", required=True, metavar="WORDS", help="Kept in the audit, with the time and your address.")
@operates_a_broker
def discard(operator: "Operator", order: str, reason: str) -> None:
    """Close it, with the fills that it has, and give the rest of what it holds back.

    Only you can decide that: the broker can not prove that the order will not fill any more. The exchange is asked once more; an order
    that it has open, or might still take, is not discarded. Should it fill after all, the fill is booked, and the account frozen.
    """
    answer = operator.ask("POST", f"{LETTERS}/{quote(order, safe='')}/discard", {"reason": reason})
    if operator.as_json:
        operator.document(answer)
    else:
        _say_order(operator, answer["order"])


@click.command()
@click.argument("order", metavar="ORDER")
@operates_a_broker
def audit(operator: "Operator", order: str) -> None:
    """Who did what to an order, when, from where, and with what result. ORDER is its whole id."""
    _show_trail(operator, operator.ask("GET", f"/operator/orders/{quote(order, safe='')}/audit"))


@click.command(context_settings={"allow_extra_args": True})
@click.option("--date", "day", metavar="DATE", help="A day (UTC), as 2026-11-22.  [default: today]")
@operates_a_broker
def reconcile(operator: "Operator", day: str | None) -> int:
    """Hold every order and fill of a day against the exchange's, and compute every balance anew.

    Ends with 1 when anything differs, 0 when nothing does, 2 when it could not be compared, or whose an order is can not be told.
    """
    if extra := click.get_current_context().args:
        raise BadUse(f"say which day with an option: locksley reconcile --date {extra[0]}")
    try:
        report = operator.ask("GET", "/operator/reconciliation", date=day or datetime.now(UTC).date().isoformat())
    except Refused as error:
        raise Misused(error.message, error.code) from None  # 1 is for what differs
    if operator.as_json:
        operator.document(report)
    else:
        _show_report(operator, report)
    if report["differences"]:
        return DIFFERENT
    return UNTOLD if report["unclear"]["orders"] else 0


def _show_report(operator: "Operator", report: Any) -> None:
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    as_of = f"up to {report['asOf']} of the feed" if report["asOf"] else "with no trade on the feed yet"
    whose = "1 person" if report["people"] == 1 else f"{shares(report['people'])} people"
    operator.say(f"{report['day']} (UTC): the books of {whose} computed anew, {as_of}\n")
    sides = [("here", report["here"]), ("at the exchange", report["there"])]
    others, unclear = report["others"], report["unclear"]
    if others["orders"]:
        sides.append(("there, of others", others))
    if unclear["orders"]:
        sides.append(("there, unclear whose", unclear))
    columns = [Column("", is_number=False), *map(Column, ("orders", "fills", "shares", "cash"))]
    rows: list[Row] = [
        [name, *(shares(side[figure]) for figure in ("orders", "fills", "shares")), dollars(side["cashInCents"])]
        for name, side in sides
    ]
    operator.table(columns, rows)
    if others["orders"]:
        operator.say(
            "\nThe orders of others are unknown here, and their ids are not of this broker's making: another broker at the same "
            "exchange has sent them. They are no difference.",
            wrapped=True,
        )
    if unclear["orders"]:
        operator.say(
            "\nWhose the unclear ones are can not be told: they are unknown here, and of a time before this broker's ids bore the mark of "
            "its order_secret. Another broker at the same exchange has sent them; or this one has, and its database lost them.",
            wrapped=True,
        )
    _show_differences(operator, report)


def _show_differences(operator: "Operator", report: Any) -> None:
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    operator.say("")
    columns = [
        Column("difference", is_number=False),
        Column("of", is_number=False),
        Column("here", is_number=False, can_shorten=True),
        Column("at the exchange", is_number=False, can_shorten=True),
    ]
    rows: list[Row] = [
        [one["what"], one["orderId"] or one["userId"] or NONE, one["here"] or NONE, one["there"] or NONE]
        for one in report["differences"]
    ]
    operator.show(None, columns, rows, empty="No differences.")
    if report["more"]:
        operator.say(f"and {shares(report['more'])} more")


def _say_order(operator: "Operator", order: Any) -> None:
    import msgspec  # noqa: PLC0415

    from locksley.client import Order  # noqa: PLC0415
    from locksley.commands.wording import headline, standing  # noqa: PLC0415

    found = msgspec.convert(order, Order)
    operator.say(f"{headline(found)}\n{standing(found)}")


def _show_trail(operator: "Operator", trail: Any) -> None:
    from locksley.commands.operator_session import moment  # noqa: PLC0415
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    columns = [
        Column("time", 1, is_number=False),
        Column("what", is_number=False),
        Column("result", is_number=False),
        Column("by", 3, is_number=False),
        Column("from", 4, is_number=False),
        Column("request", 5, is_number=False),
        Column("detail", 2, is_number=False, can_shorten=True, shortest=SENTENCE_CHARS),
    ]
    rows: list[Row] = [
        [
            moment(one["time"]),
            one["what"],
            one["result"],
            one["actor"],
            one["address"] or NONE,
            one["requestId"] or NONE,
            one["detail"],
        ]
        for one in trail
    ]
    operator.show(trail, columns, rows, empty="Nothing happened to it yet.")
