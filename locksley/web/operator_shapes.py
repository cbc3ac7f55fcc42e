"""What the operator's routes answer, as JSON."""

from collections.abc import Sequence

from locksley.clock import rfc3339
from locksley.order_db.port import AuditRow
from locksley.order_db.upkeep import DeadLetter, Unbooked
from locksley.orders import reconcile
from locksley.orders.comparing import Amounts, Difference
from locksley.web import shapes
from locksley.web.shapes import Json


class DeadLetterJson(Json):
    order: shapes.Order
    user_id: str
    tries: int
    dead_since: str
    next_try_at: str
    last_error: str


class UnbookedJson(Json):
    """`events` is what happened, as JSON text; `times` how often it was told."""

    unbooked_id: int
    order_id: str
    user_id: str
    why: str
    times: int
    first_at: str
    last_at: str
    actor: str
    events: str


class DeadLettersJson(Json):
    """`unbooked`: what happened to orders and could not be booked, the oldest first, up to a page."""

    dead_letters: list[DeadLetterJson]
    unbooked: list[UnbookedJson]


class DecidedJson(Json):
    """`unsettled` says why the order is in doubt still; null: it no longer is."""

    order: shapes.Order
    unsettled: str | None


class AuditJson(Json):
    time: str
    actor: str
    address: str
    request_id: str
    what: str
    result: str
    detail: str


class AmountsJson(Json):
    orders: int
    fills: int
    shares: int
    cash_in_cents: int


class DifferenceJson(Json):
    what: str
    order_id: str | None
    user_id: str | None
    here: str
    there: str


class ReportJson(Json):
    """`as_of` is "epoch-sequence" of the feed; `more` differences were found than are listed.

    `others`: what the exchange has of other brokers, which is no difference: unknown here, and its ids are not of this broker's making.
    `unclear`: unknown here too, and of a time before this broker's ids had their mark: another broker's, or this one's, and lost here.
    """

    day: str
    as_of: str | None
    here: AmountsJson
    there: AmountsJson
    others: AmountsJson
    unclear: AmountsJson
    people: int
    differences: list[DifferenceJson]
    more: int


def dead_letter_json(letter: DeadLetter) -> DeadLetterJson:
    settling = letter.settling
    return DeadLetterJson(
        order=shapes.order_json(letter.order),
        user_id=letter.order.user_id,
        tries=settling.tries,
        dead_since=rfc3339(settling.dead_since_ms or 0),
        next_try_at=rfc3339(settling.next_try_at_ms),
        last_error=settling.last_error,
    )


def dead_letters_json(letters: Sequence[DeadLetter], unbooked: Sequence[Unbooked]) -> DeadLettersJson:
    return DeadLettersJson(
        dead_letters=[dead_letter_json(letter) for letter in letters],
        unbooked=[
            UnbookedJson(
                unbooked_id=one.unbooked_id,
                order_id=one.order_id,
                user_id=one.user_id,
                why=one.why,
                times=one.times,
                first_at=rfc3339(one.first_at_ms),
                last_at=rfc3339(one.last_at_ms),
                actor=one.actor,
                events=one.events,
            )
            for one in unbooked
        ],
    )


def audit_json(row: AuditRow) -> AuditJson:
    return AuditJson(
        time=rfc3339(row.at_ms),
        actor=row.source.actor,
        address=row.source.address,
        request_id=row.source.request_id,
        what=row.what,
        result=row.result,
        detail=row.detail,
    )


def report_json(report: reconcile.Report) -> ReportJson:
    return ReportJson(
        day=report.day,
        as_of=None if report.as_of is None else f"{report.as_of.epoch}-{report.as_of.sequence}",
        here=_amounts(report.here),
        there=_amounts(report.there),
        others=_amounts(report.others),
        unclear=_amounts(report.unclear),
        people=report.people,
        differences=[_difference(one) for one in report.differences],
        more=report.more,
    )


def _amounts(amounts: Amounts) -> AmountsJson:
    return AmountsJson(
        orders=amounts.orders, fills=amounts.fills, shares=amounts.shares, cash_in_cents=amounts.cash_cents
    )


def _difference(one: Difference) -> DifferenceJson:
    return DifferenceJson(what=one.what, order_id=one.order_id, user_id=one.user_id, here=one.here, there=one.there)
