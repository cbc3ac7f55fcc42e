"""The person that `make run` makes on a first start, so that a newcomer can try everything at once."""

import json
import secrets
from typing import NamedTuple

from locksley.people.accounts import Accounts
from locksley.people.program_tokens import ProgramTokens
from locksley.web.services import Services

EMAIL = "demo@locksley.example"
FILE = "demo.json"
TOKEN_NAME = "the first curl"


class DemoPerson(NamedTuple):
    email: str
    password: str
    token: str


async def demo_person(services: Services) -> DemoPerson:
    """Made once; what signing in needs is kept in the data directory, readable to its owner only."""
    path = services.config.data_dir / FILE
    if path.exists():
        return DemoPerson(**json.loads(path.read_text()))
    person = await _make(services.accounts, services.tokens)
    path.touch(mode=0o600)
    path.write_text(json.dumps(person._asdict()))
    return person


async def _make(accounts: Accounts, tokens: ProgramTokens) -> DemoPerson:
    password = secrets.token_urlsafe(9)
    person = await accounts.sign_up(EMAIL, password)
    _, secret = await tokens.make(person.user_id, TOKEN_NAME)
    return DemoPerson(EMAIL, password, secret)
