"""The operator's routes, beside those of the people in `routes`; every one of them needs the operator's token."""

from locksley.backup.backups import BackupRunning
from locksley.domain import errors
from locksley.orders.dead_letters import NotDiscarded
from locksley.orders.reconcile import FeedBehind
from locksley.web import operator, operator_backup, operator_shapes
from locksley.web.operator_people_routes import PEOPLE_ROUTES
from locksley.web.route import Route, Who

_OPERATOR = Who.OPERATOR
_LETTER = "/operator/dead-letters/{order_id}"

OPERATOR_ROUTES: tuple[Route, ...] = (
    *PEOPLE_ROUTES,
    Route(
        "GET",
        "/operator/dead-letters",
        operator.dead_letters,
        _OPERATOR,
        query=operator.DeadLettersQuery,
        answer=operator_shapes.DeadLettersJson,
    ),
    Route(
        "GET",
        _LETTER,
        operator.dead_letter,
        _OPERATOR,
        answer=operator_shapes.DeadLetterJson,
        refusals=(errors.NotFound,),
    ),
    Route(
        "POST",
        f"{_LETTER}/retry",
        operator.retry,
        _OPERATOR,
        answer=operator_shapes.DecidedJson,
        refusals=(errors.NotFound, errors.ExchangeUnavailable),
    ),
    Route(
        "POST",
        f"{_LETTER}/discard",
        operator.discard,
        _OPERATOR,
        body=operator.Discard,
        answer=operator_shapes.DecidedJson,
        refusals=(errors.NotFound, NotDiscarded),
    ),
    Route(
        "GET",
        "/operator/orders/{order_id}/audit",
        operator.audit,
        _OPERATOR,
        answer=list[operator_shapes.AuditJson],
        refusals=(errors.NotFound,),
    ),
    Route(
        "GET",
        "/operator/reconciliation",
        operator.reconcile,
        _OPERATOR,
        query=operator.ReconcileQuery,
        answer=operator_shapes.ReportJson,
        refusals=(errors.ExchangeUnavailable, FeedBehind),
    ),
    Route(
        "POST",
        "/operator/backup",
        operator_backup.backup,
        _OPERATOR,
        media_type=operator_backup.MEDIA_TYPE,
        refusals=(BackupRunning,),
    ),
)
