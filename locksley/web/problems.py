"""Refusals as people get them: the one table from refusal to HTTP status, and the problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from locksley.backup.backups import BackupRunning
from locksley.domain import errors
from locksley.domain.errors import RateLimit, Refusal
from locksley.domain.order import Order
from locksley.orders.dead_letters import NotDiscarded
from locksley.orders.reconcile import FeedBehind
from locksley.people.errors import BadInvitation, PasswordsBusy, TooManySignIns, TooManyTokens
from locksley.people.operating import NotEnoughCash, OpenOrders
from locksley.watchlists.port import TooManyWatchlists
from locksley.web.shapes import order_json

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
MS_PER_SECOND = 1_000


class NoSuchRoute(Refusal):
    """There is nothing at this address; `/docs` lists what there is."""

    code = "not_found"


class MethodNotAllowed(Refusal):
    """This address does not take this method; the `Allow` header has those that it does."""

    code = "method_not_allowed"


class BodyTooLarge(Refusal):
    """The body is larger than is taken here."""

    code = "body_too_large"


class BodyTooSlow(Refusal):
    """The body did not arrive in time."""

    code = "body_too_slow"


class NotJson(Refusal):
    """The body must be JSON: send `Content-Type: application/json`."""

    code = "unsupported_media_type"


class NotReady(Refusal):
    """The broker is starting or has lost something it needs; try again shortly."""

    code = "not_ready"


class InternalError(Refusal):
    """Something went wrong here, not with your request. Nothing more is known to you than that; the log has the request id."""

    code = "internal_error"


STATUS: Mapping[type[Refusal], int] = {
    errors.Malformed: 400,
    errors.NotSignedIn: 401,
    errors.WrongCredentials: 401,
    errors.SignUpClosed: 403,
    BadInvitation: 403,
    errors.ForeignOrigin: 403,
    errors.AccountFrozen: 403,
    errors.NotFound: 404,
    NoSuchRoute: 404,
    MethodNotAllowed: 405,
    BodyTooSlow: 408,
    errors.EmailTaken: 409,
    errors.RequestInProgress: 409,
    errors.OrderInProgress: 409,
    errors.OrderClosed: 409,
    NotDiscarded: 409,
    OpenOrders: 409,
    NotEnoughCash: 409,
    BackupRunning: 409,
    BodyTooLarge: 413,
    NotJson: 415,
    errors.UnknownSymbol: 422,
    errors.InvalidPrice: 422,
    errors.InvalidShares: 422,
    errors.MarketClosed: 422,
    errors.StalePrice: 422,
    errors.InsufficientBuyingPower: 422,
    errors.InsufficientShares: 422,
    errors.IdempotencyKeyReused: 422,
    errors.ExchangeRefused: 422,
    errors.TooManySymbols: 422,
    TooManyTokens: 422,
    TooManyWatchlists: 422,
    errors.TooManyRequests: 429,
    errors.TooManyStreams: 429,
    TooManySignIns: 429,
    InternalError: 500,
    errors.ExchangeUnavailable: 503,
    errors.StorageUnavailable: 503,
    FeedBehind: 503,
    PasswordsBusy: 503,
    NotReady: 503,
}


class Problem:
    """A refusal as an HTTP answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, refusal: Refusal) -> None:
        kind = type(refusal)
        self.status = STATUS.get(kind, 500)
        if self.status == 500:
            refusal = InternalError()
        members = {name: _as_json(value) for name, value in refusal.members.items() if name not in _IN_HEADERS}
        self.headers = _headers(self.status, refusal)
        self.body = msgspec.json.encode(
            {
                "type": f"urn:locksley:problem:{refusal.code}",
                "title": HTTPStatus(self.status).phrase,
                "status": self.status,
                "detail": refusal.message,
                "code": refusal.code,
                **members,
            }
        )


_IN_HEADERS = frozenset({"retryAfterMs", "allow", "rateLimit"})


def _as_json(value: Any) -> Any:
    return order_json(value) if isinstance(value, Order) else value


def _headers(status: int, refusal: Refusal) -> dict[str, str]:
    headers = {"content-type": MEDIA_TYPE}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="locksley"'
    if status in (429, 503):
        headers["retry-after"] = str(_retry_after_s(refusal))
    if "allow" in refusal.members:
        headers["allow"] = refusal.members["allow"]
    if "rateLimit" in refusal.members:
        headers.update(rate_limit_headers(refusal))
    if refusal.replayed:
        headers["idempotency-replayed"] = "true"
    return headers


def rate_limit_headers(refusal: Refusal) -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers has them; of a refusal that has one."""
    used_up: RateLimit = refusal.members["rateLimit"]
    window_s = -(-used_up.window_ms // MS_PER_SECOND)
    return {
        "ratelimit": f'"{used_up.name}";r=0;t={_retry_after_s(refusal)}',
        "ratelimit-policy": f'"{used_up.name}";q={used_up.quota};w={window_s}',
    }


def _retry_after_s(refusal: Refusal) -> int:
    """Whole seconds, rounded up, at least one."""
    after_ms = int(refusal.members.get("retryAfterMs", RETRY_AFTER_S * MS_PER_SECOND))
    return max(RETRY_AFTER_S, -(-after_ms // MS_PER_SECOND))
