"""Headers that requests may have and answers do have."""

from collections.abc import Sequence
from typing import Any

from locksley.web.route import Route, Who

_RETRY_AFTER = {"type": "integer", "minimum": 1}

TAKEN: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "One per order that is wanted, such as a UUID, kept until it was answered. Keys are a person's own, bind the decoded "
            "body, and live for 24 hours and until the order is final."
        ),
        "schema": {"type": "string", "pattern": r"^[!-+\--~]([ -+\--~]{0,62}[!-+\--~])?$"},
        "example": "0194b2f4-6d2e-4c1f-9a50-1f6a6f5d7c11",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of an answer that is at hand: 304 when it is still the same.",
        "schema": {"type": "string"},
    },
    "Last-Event-ID": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The id of the last event that was read. Prices begin with a snapshot whatever it says.",
        "schema": {"type": "string"},
    },
    "Last-Event-ID-of-orders": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The id of the last event that was read; every later one is sent.",
        "schema": {"type": "string", "pattern": "^[0-9]{0,18}$"},
    },
    "X-Request-ID": {
        "name": "X-Request-ID",
        "in": "header",
        "description": (
            "A name for this request, to find it again in logs and in an order's audit trail: 1 to 64 letters, digits and `._~-`. One "
            "is made up for you otherwise."
        ),
        "schema": {"type": "string"},
    },
}

ANSWERED: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The request's name, which its log lines have too.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[A-Za-z0-9._~-]{1,64}$"},
    },
    "Cache-Control": {
        "description": "What may be kept, and for how long.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Stays the same as long as the answer does.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Vary": {
        "description": "The headers of the request that the form of the answer depends on.",
        "schema": {"type": "string"},
    },
    "Content-Disposition": {"description": "A file's name to save it as.", "schema": {"type": "string"}},
    "X-Accel-Buffering": {
        "description": "Asks a proxy on the way to pass events on at once.",
        "schema": {"const": "no"},
    },
    "Link": {
        "description": 'The next page (RFC 8288): `</orders?cursor=…>; rel="next"`. Missing on the last page.',
        "schema": {"type": "string", "pattern": '^</.*>; rel="next"$'},
    },
    "Location": {"description": "The address of what was made.", "required": True, "schema": {"type": "string"}},
    "Set-Cookie": {"description": "The session, or its end.", "required": True, "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "There when the key was used before: nothing new was placed.",
        "schema": {"const": "true"},
    },
    "WWW-Authenticate": {
        "description": "How to say who you are.",
        "required": True,
        "schema": {"const": 'Bearer realm="locksley"'},
    },
    "Retry-After": {
        "description": "Whole seconds until a new try is worth it.",
        "required": True,
        "schema": _RETRY_AFTER,
    },
    "RateLimit": {
        "description": "What is left of the limit that was met: `r` requests, new ones in `t` seconds.",
        "schema": {"type": "string", "pattern": '^"[a-z]+";r=[0-9]+;t=[0-9]+$'},
    },
    "RateLimit-Policy": {
        "description": "The limit that was met: `q` requests in `w` seconds.",
        "schema": {"type": "string", "pattern": '^"[a-z]+";q=[0-9]+;w=[0-9]+$'},
    },
}


def of_request(route: Route) -> list[dict[str, str]]:
    names = [
        f"{name}-of-orders" if (route.path, name) == ("/orders/stream", "Last-Event-ID") else name
        for name in route.takes
    ]
    return [{"$ref": f"#/components/parameters/{name}"} for name in (*names, "X-Request-ID")]


def of_answer(route: Route) -> dict[str, Any]:
    """Of an answer that is no refusal."""
    names = ["X-Request-ID", "Cache-Control", *route.gives]
    if route.is_stream:
        names.append("X-Accel-Buffering")
    if route.also_as:
        names += ["Vary", "Content-Disposition"]
    return refs(names)


def of_problem(status: int, *, is_placing: bool = False) -> dict[str, Any]:
    names = ["X-Request-ID", "Cache-Control"]
    if status == 401:
        names.append("WWW-Authenticate")
    if status in (429, 503):
        names.append("Retry-After")
    if status == 429:
        names += ["RateLimit", "RateLimit-Policy"]
    if is_placing and status == 422:
        names.append("Idempotency-Replayed")
    return refs(names)


def refs(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def security(route: Route) -> list[dict[str, list[str]]]:
    match route.who:
        case Who.PERSON:
            return [{"bearer": []}, {"cookie": []}]
        case Who.OPERATOR:
            return [{"operator": []}]
        case _:
            return [{}, {"bearer": []}, {"cookie": []}] if route.path == "/session" else []
