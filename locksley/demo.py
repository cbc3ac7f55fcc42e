"""The person that `make run` makes on a first start, so that a newcomer can try everything at once.

reads from: `demo.json` in the data directory, people. writes to: both. If it dies halfway, the person may be there without the file:
the next start says how to get a new password.
"""

import secrets
from pathlib import Path

import msgspec

from locksley.domain.errors import EmailTaken
from locksley.people.accounts import Accounts
from locksley.people.program_tokens import ProgramTokens
from locksley.web.services import Services

EMAIL = "demo@locksley.example"
FILE = "demo.json"
TOKEN_NAME = "the first curl"


class DemoPerson(msgspec.Struct, frozen=True):
    email: str
    password: str
    token: str | None


class DemoLost(Exception):
    """What the demo person signs in with can not be told; the message is one line that says what to do."""


async def demo_person(services: Services) -> DemoPerson:
    """Made once; what signing in needs is kept in the data directory, readable to its owner only. The token is None where it has
    been deleted. Raises `DemoLost`, `Refusal`."""
    path = services.config.data_dir / FILE
    known = _read(path)
    if known is not None and known.token is not None and await services.tokens.verify(known.token) is not None:
        return known
    try:
        person = await _make(services.accounts, services.tokens)
    except EmailTaken:
        if known is not None:  # who may sign in all the same
            return msgspec.structs.replace(known, token=None)
        raise DemoLost(
            f"{path} is missing or damaged, but {EMAIL} has an account: "
            f"set a new password with `locksley admin reset-password {EMAIL} --data-dir {path.parent}`"
        ) from None
    _write(path, person)
    return person


def _read(path: Path) -> DemoPerson | None:
    """None: missing, or damaged. Raises `DemoLost` where something stands in its place that can not be replaced."""
    if path.is_dir():
        raise DemoLost(f"{path} is a directory; move it away and start again")
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoPerson)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DemoLost(f"{path} can not be read: {error.strerror}; make it readable and start again") from None
    except ValueError:
        return None


def _write(path: Path, person: DemoPerson) -> None:
    """Whoever finds the file finds all of it."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.write_bytes(msgspec.json.encode(person))
        partial.replace(path)
    except OSError as error:
        raise DemoLost(
            f"{path} can not be written: {error.strerror}; make room for it, and set a new password "
            f"with `locksley admin reset-password {EMAIL} --data-dir {path.parent}`"
        ) from None


async def _make(accounts: Accounts, tokens: ProgramTokens) -> DemoPerson:
    password = secrets.token_urlsafe(9)
    person = await accounts.sign_up(EMAIL, password)
    _, secret = await tokens.make(person.user_id, TOKEN_NAME)
    return DemoPerson(EMAIL, password, secret)
