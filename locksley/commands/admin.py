"""`locksley admin`: people, invitations, keys, and the log of what was done to them. It goes through the running broker."""

import json
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from locksley.commands.failing import BadUse, Failed
from locksley.commands.operator_call import ask

F = TypeVar("F", bound=Callable[..., Any])
Row = tuple[str, Callable[[Any], str]]

PEOPLE, INVITATIONS, LOG = "/operator/people", "/operator/invitations", "/operator/log"
CENTS = Decimal(100)
_REASON = click.option(
    "--reason", required=True, metavar="WORDS", help="Kept in the log, with the time and your address."
)


def _options(command: F) -> F:
    command = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")(command)
    return click.option(
        "--data-dir", type=click.Path(path_type=Path), default=Path("data"), show_default=True, metavar="DIR"
    )(command)


class Dollars(click.ParamType[int]):
    """`1000` or `12.50`, to cents."""

    name = "dollars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            cents = Decimal(str(value)) * CENTS
        except InvalidOperation:
            cents = Decimal("nan")
        if not cents.is_finite() or cents != cents.to_integral_value() or cents <= 0:
            self.fail(f"{value} is no amount; write it like 1000 or 12.50", param, ctx)
        return int(cents)


@click.group()
def admin() -> None:
    """People, invitations and keys of the broker that runs on a data directory. PERSON is an email or an id."""


@admin.command()
@click.argument("query", default="")
@_options
def people(query: str, data_dir: Path, as_json: bool) -> None:
    """Everybody, or those whose email begins with QUERY."""
    _list(_all(data_dir, PEOPLE, query=query), as_json, _PERSON, "Nobody.")


@admin.command()
@click.argument("person")
@_options
def show(person: str, data_dir: Path, as_json: bool) -> None:
    """One person, and what was done to them."""
    found, _ = ask(data_dir, "GET", _path(data_dir, person))
    log, _ = ask(data_dir, "GET", LOG, userId=found["userId"])
    if as_json:
        click.echo(json.dumps({**found, "log": log}, indent=2))
        return
    _list([found], False, _PERSON, "")
    if log:
        click.echo()
        _list(log, False, _ENTRY, "")


@admin.command()
@click.argument("person")
@_REASON
@_options
def freeze(person: str, reason: str, data_dir: Path, as_json: bool) -> None:
    """Take no more orders of them; those that are open go on."""
    body = {"frozen": True, "reason": reason}
    _said(data_dir, "PUT", f"{_path(data_dir, person)}/frozen", body, as_json)


@admin.command()
@click.argument("person")
@_REASON
@_options
def unfreeze(person: str, reason: str, data_dir: Path, as_json: bool) -> None:
    """Take orders of them again."""
    body = {"frozen": False, "reason": reason}
    _said(data_dir, "PUT", f"{_path(data_dir, person)}/frozen", body, as_json)


@admin.command()
@click.argument("person")
@click.argument("dollars", type=Dollars())
@_REASON
@_options
def deposit(person: str, dollars: int, reason: str, data_dir: Path, as_json: bool) -> None:
    """Give them cash."""
    body = {"amountInCents": dollars, "reason": reason}
    _said(data_dir, "POST", f"{_path(data_dir, person)}/transfers", body, as_json)


@admin.command()
@click.argument("person")
@click.argument("dollars", type=Dollars())
@_REASON
@_options
def withdraw(person: str, dollars: int, reason: str, data_dir: Path, as_json: bool) -> None:
    """Take cash that no open order holds."""
    body = {"amountInCents": -dollars, "reason": reason}
    _said(data_dir, "POST", f"{_path(data_dir, person)}/transfers", body, as_json)


@admin.command("reset-password")
@click.argument("person")
@_options
def reset_password(person: str, data_dir: Path, as_json: bool) -> None:
    """Make a new password, which is told this once. They are signed out everywhere, and their programs' tokens are revoked."""
    answer, _ = ask(data_dir, "POST", f"{_path(data_dir, person)}/password", {})
    click.echo(json.dumps(answer, indent=2) if as_json else answer["password"])


@admin.command("reset-paper-account")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_options
def reset_paper_account(person: str, yes: bool, data_dir: Path, as_json: bool) -> None:
    """Begin anew: paper cash, no shares, no history, a new id; refused while orders are open. They have to sign in again.

    What there was stays as it is, frozen, under the old id: the books must add up.
    """
    if not yes and not sys.stdin.isatty():
        raise BadUse("there is nobody to ask whether to go on; say --yes")
    path = _path(data_dir, person)
    if not yes and not click.confirm(f"Give {person} a new account and freeze the old one?", err=True):
        raise click.Abort
    _said(data_dir, "POST", f"{path}/reset", {}, as_json)


@admin.command()
@_options
def invitations(data_dir: Path, as_json: bool) -> None:
    """All of them, the oldest first."""
    _list(_all(data_dir, INVITATIONS), as_json, _INVITATION, "No invitations.")


@admin.command()
@click.argument("note")
@click.option("--days", type=click.IntRange(1, 365), default=14, show_default=True, help="How long it is good.")
@_options
def invite(note: str, days: int, data_dir: Path, as_json: bool) -> None:
    """Make an invitation, which is good once and told this once. NOTE says whom it is for."""
    answer, _ = ask(data_dir, "POST", INVITATIONS, {"note": note, "days": days})
    click.echo(json.dumps(answer, indent=2) if as_json else answer["invitation"])


@admin.command("revoke-invitation")
@click.argument("invitation")
@_options
def revoke_invitation(invitation: str, data_dir: Path, as_json: bool) -> None:
    """INVITATION is the id of one that was not used."""
    ask(data_dir, "DELETE", f"{INVITATIONS}/{quote(invitation, safe='')}")
    click.echo("{}" if as_json else "revoked")


@admin.command("rotate-key")
@_options
def rotate_key(data_dir: Path, as_json: bool) -> None:
    """Sign sessions with a new key from now on. Nobody is signed out; the old key is gone once all that it signed has expired."""
    answer, _ = ask(data_dir, "POST", "/operator/keys", {})
    click.echo(json.dumps(answer, indent=2) if as_json else f"the new key is {answer['keyId']}")


@admin.command()
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True)
@_options
def log(limit: int, data_dir: Path, as_json: bool) -> None:
    """What was done, newest first."""
    entries, _ = ask(data_dir, "GET", LOG, limit=limit)
    _list(entries, as_json, _ENTRY, "Nothing.")


def _path(data_dir: Path, person: str) -> str:
    if "@" not in person:
        return f"{PEOPLE}/{quote(person, safe='')}"
    found, _ = ask(data_dir, "GET", PEOPLE, query=person)
    for one in found:
        if one["email"] == person.strip().casefold():
            return f"{PEOPLE}/{one['userId']}"
    raise Failed(f"nobody has the email {person}; see locksley admin people")


def _all(data_dir: Path, path: str, **query: str) -> list[Any]:
    found, following = ask(data_dir, "GET", path, **query)
    while following is not None:
        page, following = ask(data_dir, "GET", following)
        found += page
    return list(found)


def _said(data_dir: Path, method: str, path: str, body: Any, as_json: bool) -> None:
    answer, _ = ask(data_dir, method, path, body)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _list([answer], False, _PERSON, "")


def _dollars(cents: int) -> str:
    return f"{Decimal(cents) / CENTS:,.2f}"


_PERSON: Sequence[Row] = (
    ("EMAIL", lambda one: one["email"]),
    ("ID", lambda one: one["userId"]),
    ("CASH", lambda one: _dollars(one["cashInCents"])),
    ("HELD", lambda one: _dollars(one["heldInCents"])),
    ("OPEN ORDERS", lambda one: str(one["openOrders"])),
    ("", lambda one: "frozen" if one["frozen"] else ""),
    ("SINCE", lambda one: one["createdAt"]),
)
_INVITATION: Sequence[Row] = (
    ("INVITATION", lambda one: one["invitationId"]),
    ("FOR", lambda one: one["note"]),
    ("STATE", lambda one: one["state"]),
    ("EXPIRES", lambda one: one["expiresAt"]),
    ("USED BY", lambda one: one["usedBy"] or "-"),
)
_ENTRY: Sequence[Row] = (
    ("WHEN", lambda one: one["time"]),
    ("WHAT", lambda one: one["what"]),
    ("WHOM", lambda one: one["userId"] or "-"),
    ("", lambda one: one["detail"]),
    ("FROM", lambda one: one["address"] or "-"),
)


def _list(found: Sequence[Any], as_json: bool, columns: Sequence[Row], otherwise: str) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo(otherwise)
        return
    rows = [[title for title, _ in columns], *([cell(one) for _, cell in columns] for one in found)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(columns))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
