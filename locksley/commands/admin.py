"""`locksley admin`: people, invitations, keys, and the log of what was done to them. It goes through the running broker."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from locksley.commands.failing import BadUse, Failed
from locksley.commands.formats import NONE, Dollars, dollars, shares
from locksley.commands.operating import operates_a_broker
from locksley.commands.operator_call import Refused
from locksley.commands.parameters import Count, TakesNumbers

if TYPE_CHECKING:
    from locksley.commands.operator_session import Operator

PEOPLE, INVITATIONS, LOG = "/operator/people", "/operator/invitations", "/operator/log"
EMAIL_CHARS = 16  # so much of one tells people apart still
DETAIL_CHARS = 24  # fewer than a sentence needs: whom it was done to matters more
_REASON = click.option(
    "--reason", required=True, metavar="WORDS", help="Kept in the log, with the time and your address."
)
_PERSON = click.argument("person", metavar="PERSON")
_AMOUNT = click.argument("amount_in_cents", type=Dollars(), metavar="DOLLARS")


@click.group()
def admin() -> None:
    """People, invitations and keys of the broker that runs on a data directory. PERSON is an email or an id."""


@admin.command()
@click.argument("query", default="")
@operates_a_broker
def people(operator: "Operator", query: str) -> None:
    """Everybody, or those whose email begins with QUERY."""
    found = [one for page in operator.pages(PEOPLE, query=query) for one in page]
    _show_people(
        operator,
        found,
        found,
        empty="Nobody has signed up yet." if not query else f"Nobody's email begins with '{query}'.",
    )


@admin.command()
@_PERSON
@operates_a_broker
def show(operator: "Operator", person: str) -> None:
    """One person, and what was done to them."""
    found = operator.ask("GET", _path(operator, person))
    log = operator.ask("GET", LOG, userId=found["userId"])
    _show_people(operator, {**found, "log": log}, [found])
    if log and not operator.as_json:
        operator.say("")
        _show_log(operator, log, {found["userId"]: found["email"]})


@admin.command()
@_PERSON
@_REASON
@operates_a_broker
def freeze(operator: "Operator", person: str, reason: str) -> None:
    """Take no more orders of them; those that are open go on."""
    body = {"frozen": True, "reason": reason}
    _do(operator, "PUT", f"{_path(operator, person)}/frozen", body)


@admin.command()
@_PERSON
@_REASON
@operates_a_broker
def unfreeze(operator: "Operator", person: str, reason: str) -> None:
    """Take orders of them again."""
    body = {"frozen": False, "reason": reason}
    _do(operator, "PUT", f"{_path(operator, person)}/frozen", body)


@admin.command(cls=TakesNumbers)
@_PERSON
@_AMOUNT
@_REASON
@operates_a_broker
def deposit(operator: "Operator", person: str, amount_in_cents: int, reason: str) -> None:
    """Give them cash."""
    body = {"amountInCents": amount_in_cents, "reason": reason}
    _do(operator, "POST", f"{_path(operator, person)}/transfers", body)


@admin.command(cls=TakesNumbers)
@_PERSON
@_AMOUNT
@_REASON
@operates_a_broker
def withdraw(operator: "Operator", person: str, amount_in_cents: int, reason: str) -> None:
    """Take cash that no open order holds."""
    body = {"amountInCents": -amount_in_cents, "reason": reason}
    _do(operator, "POST", f"{_path(operator, person)}/transfers", body)


@admin.command("reset-password")
@_PERSON
@operates_a_broker
def reset_password(operator: "Operator", person: str) -> None:
    """Make a new password, which is told this once. They are signed out everywhere, and their programs' tokens are revoked."""
    answer = operator.ask("POST", f"{_path(operator, person)}/password", {})
    if operator.as_json:
        operator.document(answer)
        return
    operator.remark(f"The new password of {person}. It is shown this once:")
    operator.say(answer["password"])


@admin.command("reset-paper-account")
@_PERSON
@click.option("--yes", is_flag=True, help="Do not ask.")
@operates_a_broker
def reset_paper_account(operator: "Operator", person: str, yes: bool) -> None:
    """Begin anew: paper cash, no shares, no history, a new id; refused while orders are open. They have to sign in again.

    What there was stays as it is, frozen, under the old id: the books must add up.
    """
    if not yes and not sys.stdin.isatty():
        raise BadUse("there is nobody to ask whether to go on; say --yes")
    path = _path(operator, person)
    if not yes and not click.confirm(f"Give {person} a new account and freeze the old one?", err=True):
        raise Failed("not reset")
    _do(operator, "POST", f"{path}/reset", {})


@admin.command()
@operates_a_broker
def invitations(operator: "Operator") -> None:
    """All of them, the oldest first."""
    from locksley.commands.operator_session import moment  # noqa: PLC0415
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    found = [one for page in operator.pages(INVITATIONS) for one in page]
    columns = [
        Column("invitation", is_number=False),
        Column("for", is_number=False, can_shorten=True),
        Column("state", is_number=False),
        Column("made", 2, is_number=False),
        Column("expires", 1, is_number=False),
        Column("used by", 3, is_number=False),
    ]
    rows: list[Row] = [
        [
            one["invitationId"],
            one["note"],
            one["state"],
            moment(one["createdAt"]),
            moment(one["expiresAt"]),
            one["usedBy"] or NONE,
        ]
        for one in found
    ]
    operator.show(found, columns, rows, empty="No invitations yet. Make one: locksley admin invite NOTE")


@admin.command()
@click.argument("note")
@click.option("--days", type=Count(1, 365), default=14, show_default=True, help="How long it is good.")
@operates_a_broker
def invite(operator: "Operator", note: str, days: int) -> None:
    """Make an invitation, which is good once and told this once. NOTE says whom it is for."""
    from locksley.commands.operator_session import moment  # noqa: PLC0415

    answer = operator.ask("POST", INVITATIONS, {"note": note, "days": days})
    if operator.as_json:
        operator.document(answer)
        return
    operator.remark(
        f"Invitation {answer['invitationId']}, '{answer['note']}', good until {moment(answer['expiresAt'])}. "
        "It is shown this once:"
    )
    operator.say(answer["invitation"])


@admin.command("revoke-invitation")
@click.argument("invitation")
@operates_a_broker
def revoke_invitation(operator: "Operator", invitation: str) -> None:
    """INVITATION is the id of one that was not used."""
    try:
        operator.ask("DELETE", f"{INVITATIONS}/{quote(invitation, safe='')}")
    except Refused as error:
        if error.code != "not_found":
            raise
        raise Refused("no such invitation; `locksley admin invitations` lists them", error.code) from None
    operator.say(f"Invitation {invitation} is no longer good.")
    if operator.as_json:
        operator.document({"invitationId": invitation, "state": "revoked"})


@admin.command("rotate-key")
@operates_a_broker
def rotate_key(operator: "Operator") -> None:
    """Sign sessions with a new key from now on. Nobody is signed out; the old key is gone once all that it signed has expired."""
    answer = operator.ask("POST", "/operator/keys", {})
    operator.say(f"Sessions are signed with the key {answer['keyId']} from now on.")
    if operator.as_json:
        operator.document(answer)


@admin.command()
@click.option("--limit", type=Count(1, 100), default=50, show_default=True)
@operates_a_broker
def log(operator: "Operator", limit: int) -> None:
    """What was done, newest first."""
    entries = operator.ask("GET", LOG, limit=limit)
    _show_log(operator, entries, {} if operator.as_json else _emails(operator, entries))


def _path(operator: "Operator", person: str) -> str:
    if "@" not in person:
        return f"{PEOPLE}/{quote(person, safe='')}"
    for one in operator.ask("GET", PEOPLE, query=person):
        if one["email"] == person.strip().casefold():
            return f"{PEOPLE}/{one['userId']}"
    raise Failed(f"nobody has the email {person}; see: locksley admin people")


def _do(operator: "Operator", method: str, path: str, body: Any) -> None:
    """And show how the person stands afterwards."""
    person = operator.ask(method, path, body)
    _show_people(operator, person, [person])


def _show_people(operator: "Operator", answer: object, people: Sequence[Any], *, empty: str = "") -> None:
    from locksley.commands.operator_session import moment  # noqa: PLC0415
    from locksley.commands.tables import Cell, Column, Row  # noqa: PLC0415

    columns = [
        Column("email", is_number=False),
        Column("person", 5, is_number=False),
        Column("cash"),
        Column("held", 2),
        Column("open orders", 3),
        Column("state", 1, is_number=False),
        Column("since", 4, is_number=False),
    ]
    rows: list[Row] = [
        [
            one["email"],
            one["userId"],
            dollars(one["cashInCents"]),
            dollars(one["heldInCents"]),
            shares(one["openOrders"]),
            Cell("frozen", "yellow") if one["frozen"] else "active",
            moment(one["createdAt"]),
        ]
        for one in people
    ]
    operator.show(answer, columns, rows, empty=empty)


def _emails(operator: "Operator", entries: Sequence[Any]) -> dict[str, str]:
    """By person's id. Each is asked for by itself: a page of the log has few of them, and a broker may have very many."""
    emails: dict[str, str] = {}
    for user_id in {one["userId"] for one in entries if one["userId"]}:
        with suppress(Refused):
            emails[user_id] = operator.ask("GET", f"{PEOPLE}/{quote(user_id, safe='')}")["email"]
    return emails


def _show_log(operator: "Operator", entries: Sequence[Any], emails: Mapping[str, str]) -> None:
    """People are named as commands take them: by email; by id where it is not known."""
    from locksley.commands.operator_session import moment  # noqa: PLC0415
    from locksley.commands.tables import Column, Row  # noqa: PLC0415

    columns = [
        Column("time", 2, is_number=False),
        Column("what", is_number=False),
        Column("person", 1, is_number=False, can_shorten=True, shortest=EMAIL_CHARS),
        Column("from", 3, is_number=False),
        Column("detail", is_number=False, can_shorten=True, shortest=DETAIL_CHARS),
    ]
    rows: list[Row] = [
        [
            moment(one["time"]),
            one["what"],
            emails.get(one["userId"], one["userId"]) or NONE,
            one["address"] or NONE,
            one["detail"],
        ]
        for one in entries
    ]
    operator.show(entries, columns, rows, empty="Nothing was done yet.")
