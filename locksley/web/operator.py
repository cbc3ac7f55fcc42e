"""For the operator: dead letters, the audit trail of any order, reconciliation. The operator's commands come in here."""

from datetime import date
from typing import Annotated, NamedTuple

import msgspec

from locksley.backup.backups import Backups
from locksley.domain.errors import ExchangeUnavailable, Malformed, NotFound, NotSignedIn
from locksley.exchange.port import ExchangeError
from locksley.order_db.port import Source
from locksley.orders.dead_letters import REASON_CHARS_MAX, DeadLetters
from locksley.orders.reconcile import Reconciler
from locksley.people.operating import Operating
from locksley.people.operator_access import OperatorAccess
from locksley.web import operator_shapes, shapes
from locksley.web.call import Call
from locksley.web.cursors import is_id, link_next, pack, unpack_id
from locksley.web.queries import Limit, ListQuery
from locksley.web.services import Services
from locksley.web.shapes import Body

OPERATOR = "operator"
UNBOOKED_PER_PAGE = 100
FIRST_YEAR, LAST_YEAR = 1970, 2999

_DAY = {"format": "date", "pattern": "^(19[7-9][0-9]|2[0-9]{3})-"}


class Desk(NamedTuple):
    """What an operator works with."""

    access: OperatorAccess
    dead_letters: DeadLetters
    reconciler: Reconciler
    backups: Backups
    operating: Operating


class DeadLettersQuery(ListQuery):
    limit: Limit = 100


class Discard(Body):
    reason: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": REASON_CHARS_MAX, "pattern": r"\S"})]


class ReconcileQuery(Body):
    date: Annotated[str, msgspec.Meta(description="A day, in UTC.", extra_json_schema=_DAY)]


def check_operator(services: Services, call: Call) -> None:
    """Raises `NotSignedIn`."""
    scheme, _, token = (call.req.auth or "").partition(" ")
    if scheme.lower() != "bearer" or not services.desk.access.is_operator(token.strip()):
        raise NotSignedIn("This is for the operator: send the token of `operator.json` in the data directory.")


async def dead_letters(services: Services, call: Call) -> operator_shapes.DeadLettersJson:
    query: DeadLettersQuery = call.query
    after = unpack_id(query.cursor) if query.cursor else ""
    letters = await services.desk.dead_letters.letters(after, query.limit + 1)
    shown = letters[: query.limit]
    if len(letters) > query.limit:
        link_next(call, pack(shown[-1].order.order_id), call.req.params)
    unbooked = await services.desk.dead_letters.unbooked(0, UNBOOKED_PER_PAGE) if not after else []
    return operator_shapes.dead_letters_json(shown, unbooked)


async def dead_letter(services: Services, _call: Call, order_id: str) -> operator_shapes.DeadLetterJson:
    return operator_shapes.dead_letter_json(await services.desk.dead_letters.letter(_id(order_id)))


async def retry(services: Services, call: Call, order_id: str) -> operator_shapes.DecidedJson:
    retried = await services.desk.dead_letters.retry(_id(order_id), source_of(call))
    return operator_shapes.DecidedJson(order=shapes.order_json(retried.order), unsettled=retried.unsettled)


async def discard(services: Services, call: Call, order_id: str) -> operator_shapes.DecidedJson:
    body: Discard = call.body
    order = await services.desk.dead_letters.discard(_id(order_id), body.reason, source_of(call))
    return operator_shapes.DecidedJson(order=shapes.order_json(order), unsettled=None)


async def audit(services: Services, _call: Call, order_id: str) -> list[operator_shapes.AuditJson]:
    rows = await services.desk.dead_letters.audit_trail(_id(order_id))
    return [operator_shapes.audit_json(row) for row in rows]


async def reconcile(services: Services, call: Call) -> operator_shapes.ReportJson:
    query: ReconcileQuery = call.query
    try:
        day = date.fromisoformat(query.date)
        if day.isoformat() != query.date or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(query.date)
    except ValueError:
        raise Malformed(
            f"The date must be a day such as 2026-11-22, from {FIRST_YEAR} to {LAST_YEAR}.", member="date"
        ) from None
    try:
        return operator_shapes.report_json(await services.desk.reconciler.reconcile(day))
    except ExchangeError as error:
        raise ExchangeUnavailable(f"The exchange could not be asked: {error}. Nothing was compared.") from error


def _id(order_id: str) -> str:
    if not is_id(order_id):
        raise NotFound("No order has this id; it is a UUID as the broker gave it.")
    return order_id


def source_of(call: Call) -> Source:
    return Source(OPERATOR, call.address, call.request_id)
