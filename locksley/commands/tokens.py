"""`locksley tokens`: for programs, long-lived and revocable."""

from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.failing import Failed
from locksley.commands.formats import when

if TYPE_CHECKING:
    from locksley.commands.session import Session


@click.group()
def tokens() -> None:
    """Long-lived tokens for programs: give one to a program by LOCKSLEY_TOKEN, and take it back when it is no longer needed."""


@tokens.command("list")
@asks_a_broker
def list_(session: "Session") -> None:
    """Those that are good."""
    from locksley.commands.tables import Column  # noqa: PLC0415

    found = session.client.tokens()
    columns = [
        Column("token", is_number=False),
        Column("name", 0, is_number=False, can_shorten=True),
        Column("made", 1, is_number=False),
    ]
    rows = [[one.token_id, one.name, when(one.created_at)] for one in found]
    session.show(found, columns, rows, empty="No tokens yet. Make one: locksley tokens make NAME")


@tokens.command()
@click.argument("name")
@asks_a_broker
def make(session: "Session", name: str) -> None:
    """A new one. It is shown this once."""
    made = session.client.make_token(name)
    if session.as_json:
        session.document(made)
        return
    session.remark(
        f"Token {made.token_id}, '{made.name}'. It is shown this once; keep it where only your program can read it:"
    )
    session.say(made.token)


@tokens.command()
@click.argument("token", metavar="TOKEN|NAME")
@asks_a_broker
def delete(session: "Session", token: str) -> None:
    """Take one back; programs that use it are signed out."""
    found = [one for one in session.client.tokens() if token in (one.token_id, one.name)]
    if len(found) != 1:
        how_many = "There is no such token" if not found else f"{len(found)} tokens have this name"
        raise Failed(f"{how_many}; see: locksley tokens list")
    session.client.delete_token(found[0].token_id)
    session.say(f"Token '{found[0].name}' is no longer good.")
    if session.as_json:
        session.document(found[0])
