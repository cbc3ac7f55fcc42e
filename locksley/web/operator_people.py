"""For the operator: people, invitations, the key that signs, and the log of what was done to them."""

from typing import Annotated, Any

import msgspec

from locksley.clock import rfc3339
from locksley.domain.errors import NotFound
from locksley.people.operating import INVITATION_DAYS_MAX, TRANSFER_CENTS_MAX, Invitation, LogEntry, PersonNow
from locksley.web import patterns, shapes
from locksley.web.call import Call
from locksley.web.cursors import bad_cursor, is_id, link_next, pack, unpack, unpack_id
from locksley.web.operator import source_of
from locksley.web.queries import Limit, ListQuery, Text
from locksley.web.services import Services

REASON_CHARS_MAX = 500
ID_CHARS_MAX = 18

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_CHARS_MAX)]


class PeopleQuery(ListQuery):
    """`query`: how the email begins."""

    query: Text = ""
    limit: Limit = 50


class InvitationsQuery(ListQuery):
    limit: Limit = 50


class LogQuery(ListQuery):
    """`user_id`: of one person alone."""

    user_id: Text = ""
    limit: Limit = 50


class Freezing(shapes.Body):
    frozen: bool
    reason: Reason


class NewTransfer(shapes.Body):
    """Below zero: a withdrawal."""

    amount_in_cents: Annotated[
        int, msgspec.Meta(ge=-TRANSFER_CENTS_MAX, le=TRANSFER_CENTS_MAX, extra_json_schema={"not": {"const": 0}})
    ]
    reason: Reason


class NewInvitation(shapes.Body):
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=100, extra_json_schema=patterns.NAME)]
    days: Annotated[int, msgspec.Meta(ge=1, le=INVITATION_DAYS_MAX)] = 14


class OperatedPerson(shapes.Json):
    user_id: str
    email: str
    created_at: shapes.Time
    frozen: bool
    cash_in_cents: int
    held_in_cents: int
    open_orders: int


class NewPassword(shapes.Json):
    """`password` is told this once and never again."""

    user_id: str
    password: str


class InvitationNow(shapes.Json):
    """`state` is one of `open`, `used`, `revoked`, `expired`; `used_by` the id of the person who did."""

    invitation_id: str
    note: str
    state: str
    created_at: shapes.Time
    expires_at: shapes.Time
    used_by: str | None


class NewlyInvited(InvitationNow):
    """`invitation` is told this once and never again."""

    invitation: str


class NewKey(shapes.Json):
    key_id: str


class OperatorLogEntry(shapes.Json):
    """`user_id` is null where it was about no one person."""

    time: shapes.Time
    what: str
    user_id: str | None
    detail: str
    address: str
    request_id: str


async def people(services: Services, call: Call) -> list[OperatedPerson]:
    query: PeopleQuery = call.query
    after = unpack(query.cursor) if query.cursor else ""
    found = await services.desk.operating.people(query.query, after, query.limit + 1)
    if len(found) > query.limit:
        link_next(call, pack(found[query.limit - 1].email), call.req.params)
    return [_person_json(one) for one in found[: query.limit]]


async def person(services: Services, _call: Call, user_id: str) -> OperatedPerson:
    return _person_json(await services.desk.operating.person(_id(user_id)))


async def freeze(services: Services, call: Call, user_id: str) -> OperatedPerson:
    body: Freezing = call.body
    done = await services.desk.operating.freeze(_id(user_id), body.frozen, body.reason, source_of(call))
    return _person_json(done)


async def move_cash(services: Services, call: Call, user_id: str) -> OperatedPerson:
    body: NewTransfer = call.body
    done = await services.desk.operating.move_cash(_id(user_id), body.amount_in_cents, body.reason, source_of(call))
    return _person_json(done)


async def reset_password(services: Services, call: Call, user_id: str) -> NewPassword:
    password = await services.desk.operating.reset_password(_id(user_id), source_of(call))
    return NewPassword(user_id=user_id, password=password)


async def begin_anew(services: Services, call: Call, user_id: str) -> OperatedPerson:
    return _person_json(await services.desk.operating.begin_anew(_id(user_id), source_of(call)))


async def invite(services: Services, call: Call) -> NewlyInvited:
    body: NewInvitation = call.body
    invitation, code = await services.desk.operating.invite(body.note, body.days, source_of(call))
    return NewlyInvited(**_invitation(invitation, services.clock.now_ms()), invitation=code)


async def invitations(services: Services, call: Call) -> list[InvitationNow]:
    query: InvitationsQuery = call.query
    after = unpack_id(query.cursor) if query.cursor else ""
    found = await services.desk.operating.invitations(after, query.limit + 1)
    if len(found) > query.limit:
        link_next(call, pack(found[query.limit - 1].invitation_id), call.req.params)
    now_ms = services.clock.now_ms()
    return [InvitationNow(**_invitation(one, now_ms)) for one in found[: query.limit]]


async def revoke_invitation(services: Services, call: Call, invitation_id: str) -> None:
    await services.desk.operating.revoke_invitation(_id(invitation_id), source_of(call))


async def rotate_key(services: Services, call: Call) -> NewKey:
    return NewKey(key_id=await services.desk.operating.rotate_key(source_of(call)))


async def log(services: Services, call: Call) -> list[OperatorLogEntry]:
    query: LogQuery = call.query
    before = unpack(query.cursor) if query.cursor else "0"
    if not (before.isascii() and before.isdigit() and len(before) <= ID_CHARS_MAX):
        raise bad_cursor()
    found = await services.desk.operating.log(query.user_id, int(before), query.limit + 1)
    if len(found) > query.limit:
        link_next(call, pack(str(found[query.limit - 1].entry_id)), call.req.params)
    return [_entry_json(one) for one in found[: query.limit]]


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound
    return text


def _person_json(one: PersonNow) -> OperatedPerson:
    return OperatedPerson(
        user_id=one.user_id,
        email=one.email,
        created_at=rfc3339(one.created_at_ms),
        frozen=one.frozen,
        cash_in_cents=one.cash_cents,
        held_in_cents=one.held_cents,
        open_orders=one.open_orders,
    )


def _invitation(one: Invitation, now_ms: int) -> dict[str, Any]:
    return {
        "invitation_id": one.invitation_id,
        "note": one.note,
        "state": _state(one, now_ms),
        "created_at": rfc3339(one.created_at_ms),
        "expires_at": rfc3339(one.expires_at_ms),
        "used_by": one.used_by,
    }


def _state(one: Invitation, now_ms: int) -> str:
    if one.used_by is not None:
        return "used"
    if one.revoked:
        return "revoked"
    return "open" if one.expires_at_ms > now_ms else "expired"


def _entry_json(one: LogEntry) -> OperatorLogEntry:
    return OperatorLogEntry(
        time=rfc3339(one.at_ms),
        what=one.what,
        user_id=one.user_id or None,
        detail=one.detail,
        address=one.address,
        request_id=one.request_id,
    )
