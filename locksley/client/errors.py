"""What can go wrong: no answer, or a refusal, each family its own class. `code` is the broker's, stable, and to be compared with."""

from collections.abc import Mapping
from typing import Any

import msgspec

from locksley.client.shapes import Order


class LocksleyError(Exception):
    """The base of every error of the client. `may_have_happened`: what was asked for may be done all the same."""

    may_have_happened = False


class NoAnswer(LocksleyError):
    """The broker could not be reached, or the connection was lost before it answered."""

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened


class AnswerNotUnderstood(LocksleyError):
    """Something answered that does not speak as a Locksley broker does."""


class Refused(LocksleyError):
    """The broker refused. `detail` says what to do; `members` has what else the problem document says."""

    def __init__(self, status: int, code: str, detail: str, members: Mapping[str, Any], retry_after_s: float) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members
        self.retry_after_s = retry_after_s

    @property
    def order(self) -> Order | None:
        """The order that a refusal is about, where the broker told it."""
        order = self.members.get("order")
        return None if order is None else msgspec.convert(order, Order)


class BadRequest(Refused):
    """What was sent could not be understood, or was too large."""


class NotSignedIn(Refused):
    """The token is missing or no longer good, or email or password are wrong."""


class Forbidden(Refused):
    """Not for this person: the account is frozen, or sign-up is closed."""


class NotFound(Refused):
    """It is not there, or it is somebody else's."""


class Conflict(Refused):
    """It can not be done as things stand: an order is closed already, an email is taken, the same request is still running."""


class Unacceptable(Refused):
    """Understood, and not possible: an unknown symbol, too little cash, a closed market, a key that was used for another order."""


class TooMany(Refused):
    """A limit was reached; try again after `retry_after_s`."""


class Unavailable(Refused):
    """The broker or its exchange can not do it now; nothing was done. Try again after `retry_after_s`."""


class BrokerFailed(Refused):
    """Something went wrong in the broker, or in a proxy before it: what was asked for may be done all the same."""


_BY_STATUS: Mapping[int, type[Refused]] = {
    400: BadRequest,
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    405: BadRequest,
    408: BadRequest,
    409: Conflict,
    413: BadRequest,
    415: BadRequest,
    422: Unacceptable,
    429: TooMany,
    431: BadRequest,
    503: Unavailable,
}


def family(status: int) -> type[Refused]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return BadRequest if status < 500 else BrokerFailed
