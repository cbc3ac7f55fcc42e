"""The operator's routes about people."""

from locksley.domain import errors
from locksley.people.errors import PasswordsBusy
from locksley.people.operating import NotEnoughCash, OpenOrders
from locksley.web import operator_people as people
from locksley.web.route import Route, Who

_OPERATOR = Who.OPERATOR
_PERSON = "/operator/people/{user_id}"
_NOT_FOUND = (errors.NotFound,)

PEOPLE_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/operator/people",
        people.people,
        _OPERATOR,
        query=people.PeopleQuery,
        answer=list[people.OperatedPerson],
    ),
    Route("GET", _PERSON, people.person, _OPERATOR, answer=people.OperatedPerson, refusals=_NOT_FOUND),
    Route(
        "PUT",
        f"{_PERSON}/frozen",
        people.freeze,
        _OPERATOR,
        body=people.Freezing,
        answer=people.OperatedPerson,
        refusals=_NOT_FOUND,
    ),
    Route(
        "POST",
        f"{_PERSON}/transfers",
        people.move_cash,
        _OPERATOR,
        body=people.NewTransfer,
        answer=people.OperatedPerson,
        refusals=(*_NOT_FOUND, NotEnoughCash),
    ),
    Route(
        "POST",
        f"{_PERSON}/password",
        people.reset_password,
        _OPERATOR,
        answer=people.NewPassword,
        refusals=(*_NOT_FOUND, PasswordsBusy),
    ),
    Route(
        "POST",
        f"{_PERSON}/reset",
        people.begin_anew,
        _OPERATOR,
        answer=people.OperatedPerson,
        refusals=(*_NOT_FOUND, OpenOrders),
    ),
    Route(
        "GET",
        "/operator/invitations",
        people.invitations,
        _OPERATOR,
        query=people.InvitationsQuery,
        answer=list[people.InvitationNow],
    ),
    Route(
        "POST", "/operator/invitations", people.invite, _OPERATOR, body=people.NewInvitation, answer=people.NewlyInvited
    ),
    Route(
        "DELETE",
        "/operator/invitations/{invitation_id}",
        people.revoke_invitation,
        _OPERATOR,
        status=204,
        refusals=_NOT_FOUND,
    ),
    Route("POST", "/operator/keys", people.rotate_key, _OPERATOR, answer=people.NewKey),
    Route("GET", "/operator/log", people.log, _OPERATOR, query=people.LogQuery, answer=list[people.OperatorLogEntry]),
)
