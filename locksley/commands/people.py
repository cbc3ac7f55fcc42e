"""`locksley signup`, `login`, `logout`. A password is asked for without showing it, or read from standard input; never an argument."""

import sys
from typing import TYPE_CHECKING

import click

from locksley.commands.asking import asks_a_broker
from locksley.commands.failing import BadUse

if TYPE_CHECKING:
    from locksley.commands.session import Session

PASSWORD_CHARS_MAX = 1_024

_EMAIL = click.argument("email", required=False)
_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.command()
@_EMAIL
@_STDIN
@click.option("--invitation", default="", metavar="CODE", help="The operator's code, where signing up needs one.")
@asks_a_broker
def signup(session: "Session", email: str | None, password_stdin: bool, invitation: str) -> None:
    """Make an account, and sign in."""
    email = _email(email)
    password = _password(password_stdin, f"Password for {email} at {session.target.url}", twice=True)
    person = session.client.sign_up(email, password, invitation=invitation)
    _sign_in(session, person.email, password, f"Welcome. Your account is at {session.target.url}")


@click.command()
@_EMAIL
@_STDIN
@asks_a_broker
def login(session: "Session", email: str | None, password_stdin: bool) -> None:
    """Sign in. The token is kept in a file that only you can read; it is good for a day unless the broker says otherwise."""
    kept = session.profiles.get()
    if email is None and kept is not None and kept.url == session.target.url:
        email = kept.email
    email = _email(email)
    password = _password(password_stdin, f"Password of {email} at {session.target.url}")
    _sign_in(session, email, password, f"Signed in at {session.target.url}")


@click.command()
@click.option(
    "--password-stdin", is_flag=True, help="Read the old password, then the new one, a line each, from standard input."
)
@asks_a_broker
def password(session: "Session", password_stdin: bool) -> None:
    """Change your password. You stay signed in here and nowhere else; tokens of programs stay good."""
    from locksley.commands.profiles import Profile  # noqa: PLC0415

    old = _password(password_stdin, "Old password")
    new = _password(password_stdin, "New password", twice=True)
    kept = session.profiles.get()
    changed = session.client.change_password(old, new)
    if kept is not None and kept.token == session.target.token:
        session.profiles.keep(Profile(url=kept.url, email=kept.email, token=changed.token))
    session.say("Your password is changed; other sessions have ended.")
    if session.as_json:
        session.document({"url": session.target.url, "expiresAt": changed.expires_at})


@click.command()
@asks_a_broker
def logout(session: "Session") -> None:
    """Sign out: the token is forgotten here and no longer good there."""
    from locksley.commands.profiles import Profile, environment_token  # noqa: PLC0415

    kept = session.profiles.get()
    is_own = kept is not None and kept.token == session.target.token
    if session.target.token is not None and session.target.token == environment_token() and not is_own:
        raise BadUse(
            "LOCKSLEY_TOKEN is set, and signing out would end that token for whatever else uses it. "
            f"To sign out who is signed in here, give --profile {session.profiles.name}, or unset it first; "
            "to end a program's token: locksley tokens delete"
        )
    if session.target.token is None:
        session.say(f"You are not signed in at {session.target.url}.")
    else:
        session.client.sign_out()
        if kept is not None and is_own:
            session.profiles.keep(Profile(url=kept.url, email=kept.email))
        session.say("Signed out.")
    if session.as_json:
        session.document({"url": session.target.url, "signedIn": False})


def _sign_in(session: "Session", email: str, password: str, sentence: str) -> None:
    from locksley.commands.profiles import Profile, environment_token  # noqa: PLC0415

    session.folder.make()  # before there is a token that can not be kept
    signed_in = session.client.sign_in(email, password)
    session.profiles.keep(Profile(url=session.target.url, email=email, token=signed_in.token))
    session.say(f"{sentence}, as {email}.")
    if environment_token() is not None:
        session.remark(
            f"LOCKSLEY_TOKEN is set and goes before this: the next commands are still those of its person, not of {email}. "
            f"Unset it (unset LOCKSLEY_TOKEN), or give each command --profile {session.profiles.name}"
        )
    if session.as_json:
        session.document({"url": session.target.url, "email": email, "expiresAt": signed_in.expires_at})


def _email(email: str | None) -> str:
    if email is not None:
        return email
    if not sys.stdin.isatty():
        raise BadUse("there is nobody to ask for the email; give it as an argument")
    return str(click.prompt("Email", err=True))


def _password(from_stdin: bool, prompt: str, *, twice: bool = False) -> str:
    if from_stdin:
        password = sys.stdin.readline(PASSWORD_CHARS_MAX).rstrip("\r\n")
        if not password:
            raise BadUse("standard input has no password")
        return password
    if not sys.stdin.isatty():
        raise BadUse("there is nobody to ask for the password; say --password-stdin and send it there")
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))
