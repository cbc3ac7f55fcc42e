"""Who is calling: the bearer token, or else the session cookie, to a person."""

from urllib.parse import urlsplit

import falcon.asgi

from locksley.domain.errors import ForeignOrigin, NotSignedIn
from locksley.people.callers import Caller, Callers
from locksley.web.call import Call

COOKIE = "locksley_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


async def identify(call: Call, callers: Callers) -> Caller:
    """Raises `NotSignedIn`, `ForeignOrigin`."""
    authorization = call.req.auth
    if authorization is not None:
        return await _by_token(_bearer(authorization), callers)
    cookies = call.req.get_cookie_values(COOKIE)
    if not cookies:
        raise NotSignedIn
    check_origin(call.req)
    try:
        return await _by_token(cookies[0], callers)
    except NotSignedIn:
        clear_cookie(call)
        raise


def set_cookie(call: Call, token: str, lifetime_ms: int) -> None:
    call.resp.set_cookie(
        COOKIE, token, max_age=lifetime_ms // 1000, path="/", secure=call.is_https, http_only=True, same_site="Strict"
    )


def clear_cookie(call: Call) -> None:
    call.resp.unset_cookie(COOKIE, path="/", same_site="Strict")


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return token.strip()


async def _by_token(token: str, callers: Callers) -> Caller:
    caller = callers.remembered(token) or await callers.verify(token)
    if caller is None:
        raise NotSignedIn("This token is not good: it is expired, signed out or not ours. Sign in again.")
    return caller


def check_origin(req: falcon.asgi.Request) -> None:
    """A browser sends the cookie by itself; a page of another origin must not be able to act with it. Raises `ForeignOrigin`."""
    if req.method in _SAFE_METHODS:
        return
    site = req.get_header("Sec-Fetch-Site")
    origin = req.get_header("Origin")
    if site is not None and site not in _OWN_SITE:
        raise ForeignOrigin
    host = req.get_header("Host")
    if origin is not None and (host is None or _host_of(origin) != host):
        raise ForeignOrigin


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as `http://[`
        return None
