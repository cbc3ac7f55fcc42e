"""Refusals: a schema for each code, and which of them a route can answer with."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from locksley.domain import errors
from locksley.domain.errors import Refusal
from locksley.web import problems
from locksley.web.openapi import headers
from locksley.web.problems import STATUS
from locksley.web.route import Route, Who

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_ORDER = {"$ref": "#/components/schemas/Order"}

# The members that a refusal has beside what every problem has. What is in `_SOMETIMES` may be missing.
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "malformed": {"member": _TEXT},
    "unknown_symbol": {"symbol": _TEXT, "symbols": {"type": "array", "items": _TEXT}},
    "insufficient_buying_power": {"neededInCents": _COUNT, "buyingPowerInCents": {"type": "integer"}},
    "insufficient_shares": {"neededShares": _COUNT, "freeShares": _COUNT},
    "exchange_refused": {"order": _ORDER},
    "order_closed": {"order": _ORDER},
    "too_many_symbols": {"symbolsMax": _COUNT},
    "too_many_watchlists": {"watchlistsMax": _COUNT},
    "body_too_large": {"bytesMax": _COUNT},
    "not_ready": {"lacking": {"type": "array", "items": _TEXT}},
    "feed_behind": {"asOf": {"type": "array", "items": _COUNT}, "bookedUpTo": {"type": "array", "items": _COUNT}},
}
_ALWAYS = frozenset(
    {"neededInCents", "buyingPowerInCents", "neededShares", "freeShares", "order", "bytesMax", "watchlistsMax"}
)

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HEADERS_TOO_LARGE = "431"


def of(route: Route) -> dict[int, list[type[Refusal]]]:
    """By status: its own, and those that every route of its kind has."""
    kinds: list[type[Refusal]] = [errors.Malformed, *route.refusals]
    if route.who is not Who.ANYONE:
        kinds += [errors.NotSignedIn, errors.StorageUnavailable]
    if route.who is Who.PERSON and route.method in _CHANGING:
        kinds.append(errors.ForeignOrigin)
    if route.method in _CHANGING:
        kinds += [problems.BodyTooSlow, problems.BodyTooLarge]
    if route.body is not None:
        kinds.append(problems.NotJson)
    if "{" in route.path:
        kinds.append(errors.NotFound)
    if route.path in ("/users", "/sessions", "/session"):
        kinds.append(errors.StorageUnavailable)
    kinds.append(problems.InternalError)
    by_status: dict[int, list[type[Refusal]]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(STATUS[kind], []).append(kind)
    return dict(sorted(by_status.items()))


def answers(route: Route) -> dict[str, Any]:
    """By status, as text: every refusal of a route."""
    found = {str(status): _answer(route, status, kinds) for status, kinds in of(route).items()}
    return {**found, _HEADERS_TOO_LARGE: {"$ref": f"#/components/responses/{_HEADERS_TOO_LARGE}"}}


def components() -> dict[str, Any]:
    return {_name(kind): _schema(kind, status) for kind, status in STATUS.items() if kind is not problems.NoSuchRoute}


def responses() -> dict[str, Any]:
    """Those that stand alone under their status, by the refusal; and what the server says by itself, by the status."""
    alone = {_name(kind): _problem(status, [kind]) for kind, status in STATUS.items() if status not in (403, 404)}
    too_large = {
        "description": "The headers are larger than are taken. The server says so by itself, without a problem."
    }
    return {**alone, _HEADERS_TOO_LARGE: too_large}


def _answer(route: Route, status: int, kinds: Sequence[type[Refusal]]) -> dict[str, Any]:
    if len(kinds) == 1 and _name(kinds[0]) in responses() and not (route.is_placing and status == 422):
        return {"$ref": f"#/components/responses/{_name(kinds[0])}"}
    return _problem(status, kinds, is_placing=route.is_placing)


def _problem(status: int, kinds: Sequence[type[Refusal]], *, is_placing: bool = False) -> dict[str, Any]:
    refs = {kind.code: f"#/components/schemas/{_name(kind)}" for kind in kinds}
    schema: dict[str, Any] = {"oneOf": [{"$ref": ref} for ref in refs.values()]}
    schema["discriminator"] = {"propertyName": "code", "mapping": refs}
    if len(kinds) == 1:
        schema = {"$ref": refs[kinds[0].code]}
    return {
        "description": "\n".join(f"- `{kind.code}`: {_sentence(kind)}" for kind in kinds),
        "headers": headers.of_problem(status, is_placing=is_placing),
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


def _schema(kind: type[Refusal], status: int) -> dict[str, Any]:
    own = _MEMBERS.get(kind.code, {})
    return {
        "type": "object",
        "description": _sentence(kind),
        "required": ["type", "title", "status", "detail", "code", *(name for name in own if name in _ALWAYS)],
        "properties": {
            "type": {"const": f"urn:locksley:problem:{kind.code}"},
            "title": {"const": HTTPStatus(status).phrase},
            "status": {"const": status},
            "detail": {"type": "string", "description": "What is wrong and what to do, for a person to read."},
            "code": {"const": kind.code},
            **own,
        },
        "additionalProperties": False,
    }


def _sentence(kind: type[Refusal]) -> str:
    return " ".join((kind.__doc__ or kind.code).split())


def _name(kind: type[Refusal]) -> str:
    return f"{kind.__name__}Problem"
