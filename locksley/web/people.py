"""Sign-up, sign-in, sign-out, and tokens for programs."""

from typing import Annotated

import msgspec

from locksley.clock import rfc3339
from locksley.domain.errors import ForeignOrigin, NotFound, NotSignedIn
from locksley.people.port import ProgramToken
from locksley.web import identify, patterns, shapes
from locksley.web.call import Call
from locksley.web.cursors import is_id
from locksley.web.services import Services


class Credentials(shapes.Body):
    email: Annotated[str, msgspec.Meta(extra_json_schema=patterns.EMAIL)]
    password: Annotated[str, msgspec.Meta(extra_json_schema=patterns.PASSWORD)]


class SignUp(Credentials):
    """`invitation` is the code that the operator gave, where signing up needs one."""

    invitation: Annotated[str, msgspec.Meta(max_length=100)] = ""


class PasswordChange(shapes.Body):
    """`password` is the one that is good so far."""

    password: Annotated[str, msgspec.Meta(extra_json_schema=patterns.PASSWORD)]
    new_password: Annotated[str, msgspec.Meta(extra_json_schema=patterns.PASSWORD)]


class NewToken(shapes.Body):
    name: Annotated[str, msgspec.Meta(extra_json_schema=patterns.NAME)]


async def sign_up(services: Services, call: Call) -> shapes.Person:
    body: SignUp = call.body
    services.sign_ups.take(call.address)
    person = await services.accounts.sign_up(body.email, body.password, body.invitation)
    return shapes.Person(user_id=person.user_id, email=person.email)


async def sign_in(services: Services, call: Call) -> shapes.SignedIn:
    """Not for a page of another origin: it would have people trade, unknowingly, in an account that somebody else reads."""
    identify.check_origin(call.req)
    body: Credentials = call.body
    session_id = services.new_id()  # before: sessions that a change of the password ends are those that began before it
    person = await services.accounts.sign_in(body.email, body.password, call.address)
    return _begin(services, call, person.user_id, session_id)


async def change_password(services: Services, call: Call) -> shapes.SignedIn:
    """All sessions end, and a new one begins for whoever asks."""
    body: PasswordChange = call.body
    accounts = services.accounts
    session_id = await accounts.change_password(call.user_id, body.password, body.new_password, call.address)
    services.callers.forget_sessions(call.user_id)
    return _begin(services, call, call.user_id, session_id)


async def who(services: Services, call: Call) -> shapes.WhoIsSignedIn:
    try:
        caller = await identify.identify(call, services.callers)
    except (NotSignedIn, ForeignOrigin):
        return shapes.WhoIsSignedIn(user=None)
    person = await services.accounts.person(caller.user_id)
    return shapes.WhoIsSignedIn(user=shapes.Person(user_id=person.user_id, email=person.email) if person else None)


async def sign_out(services: Services, call: Call) -> None:
    if call.caller is not None:
        await services.callers.end(call.caller)
    identify.clear_cookie(call)


async def make_token(services: Services, call: Call) -> shapes.TokenMade:
    body: NewToken = call.body
    if call.caller is None:
        raise NotSignedIn
    token, secret = await services.tokens.make(call.user_id, body.name, call.caller.asking)
    return shapes.TokenMade(
        token_id=token.token_id, name=token.name, created_at=rfc3339(token.created_at_ms), token=secret
    )


async def tokens(services: Services, call: Call) -> list[shapes.Token]:
    return [_token_json(token) for token in await services.tokens.all(call.user_id)]


async def delete_token(services: Services, call: Call, token_id: str) -> None:
    if not is_id(token_id) or not await services.callers.delete_token(call.user_id, token_id):
        raise NotFound("There is no such token.")


def _begin(services: Services, call: Call, user_id: str, session_id: str) -> shapes.SignedIn:
    token, expires_at_ms = services.sessions.begin(user_id, session_id)
    identify.set_cookie(call, token, services.config.session_lifetime_ms)
    return shapes.SignedIn(token=token, expires_at=rfc3339(expires_at_ms))


def _token_json(token: ProgramToken) -> shapes.Token:
    return shapes.Token(token_id=token.token_id, name=token.name, created_at=rfc3339(token.created_at_ms))
