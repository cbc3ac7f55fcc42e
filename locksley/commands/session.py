"""What every command that asks a broker has: the options, the client, the output, and errors as one line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec

from locksley.client import Client, LocksleyError, NoAnswer, NotSignedIn, Refused
from locksley.commands.config_folder import ConfigFolder, default_folder
from locksley.commands.failing import Failed
from locksley.commands.output import Output
from locksley.commands.profiles import Profiles, Target
from locksley.commands.wording import refused


class Session(Output):
    """`client` is connected when it is first used."""

    def __init__(self, url: str | None, profile: str, is_profile_named: bool, as_json: bool) -> None:
        super().__init__(as_json)
        self.folder = ConfigFolder(default_folder())
        self.profiles = Profiles(self.folder, profile, is_named=is_profile_named)
        self.target = self.profiles.target(url)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = Client(self.target.url, self.target.token)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def run(
    function: Callable[..., None],
    *,
    url: str | None,
    profile: str,
    is_profile_named: bool,
    as_json: bool,
    **options: Any,
) -> None:
    session = Session(url, profile, is_profile_named, as_json)
    try:
        with refusals_as_one_line(session.target, as_json):
            function(session, **options)
    finally:
        session.close()


@contextmanager
def refusals_as_one_line(target: Target, as_json: bool) -> Iterator[None]:
    try:
        yield
    except LocksleyError as error:
        if as_json:
            _json_error(error)
        _fail(error, target)


def _fail(error: LocksleyError, target: Target) -> NoReturn:
    if isinstance(error, NotSignedIn) and error.code == "not_signed_in":
        raise Failed(f"you are not signed in at {target.url}; {target.sign_in}") from None
    if isinstance(error, NoAnswer) and not error.may_have_happened:
        raise Failed(f"{error}; start one with `locksley up`, or name another with --url") from None
    raise Failed(refused(error) if isinstance(error, Refused) else str(error)) from None


def _json_error(error: LocksleyError) -> None:
    """So that a program can tell one refusal from another."""
    code = (
        error.code if isinstance(error, Refused) else "no_answer" if isinstance(error, NoAnswer) else "not_understood"
    )
    document = {"error": {"code": code, "detail": str(error), "mayHaveHappened": error.may_have_happened}}
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()
