"""One route as an operation: what it takes, what it answers."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from locksley.web.openapi import events, examples, headers, problem_schemas, schemas, words
from locksley.web.route import Route

_PARAMETER = re.compile(r"\{(\w+)\}")
_UUID = {"type": "string", "format": "uuid"}
_PATH = {
    "name": {"type": "string", "minLength": 1, "maxLength": 256},
    "stream_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_TAGS = {
    "people": "People",
    "symbols": "Prices",
    "history": "Prices",
    "subscriptions": "Prices",
    "watchlists": "Watchlists",
    "orders": "Orders",
    "order_stream": "Orders",
    "account": "Portfolio",
    "portfolio": "Portfolio",
    "operation": "Operation",
    "operator": "Operator",
    "operator_backup": "Operator",
    "operator_people": "Operator",
    "description": "Documentation",
    "page": "Page",
}
_NOT_MODIFIED = 304
_FILES = ("text/html", "text/css", "text/javascript", "image/svg+xml")


def describe(route: Route, operation_id: str) -> dict[str, Any]:
    name = f"{route.method} {route.path}"
    said: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [tag(route)],
        "summary": words.SUMMARIES.get(name, ""),
        "security": headers.security(route),
        "parameters": [*_path(route), *_query(route), *headers.of_request(route)],
        "responses": {**_good(route), **problem_schemas.answers(route)},
    }
    if name in words.DETAILS:
        said["description"] = words.DETAILS[name]
    if route.body is not None:
        content = {"schema": schemas.of(route.body), **examples.of_body(route)}
        said["requestBody"] = {"required": True, "content": {"application/json": content}}
    return said


def tag(route: Route) -> str:
    return "Documentation" if route.path == "/docs" else _TAGS[route.handler.__module__.rpartition(".")[2]]


def ids(routes: Iterable[Route]) -> dict[tuple[str, str], str]:
    """`GET /order/{order_id}/events` is `getOrderEvents`; of two that would be called the same, the longer path says what it looks by."""
    found: dict[tuple[str, str], str] = {}
    for route in sorted(routes, key=lambda route: len(route.path)):
        words_of_path = re.findall(r"[a-z]+", _PARAMETER.sub("", route.path)) or ["page"]
        name = route.method.lower() + "".join(word.title() for word in words_of_path)
        if name in found.values():
            name += "By" + "".join(
                schemas.camel(one)[:1].upper() + schemas.camel(one)[1:] for one in _PARAMETER.findall(route.path)
            )
        found[route.method, route.path] = name
    return found


def public_path(path: str) -> str:
    return _PARAMETER.sub(lambda found: f"{{{schemas.camel(found[1])}}}", path)


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": schemas.camel(name),
            "in": "path",
            "required": True,
            "schema": _PATH.get(name, _UUID),
            **examples.of_path(name),
        }
        for name in _PARAMETER.findall(route.path)
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    return schemas.parameters(route.query) if route.query is not None else []


def _good(route: Route) -> dict[str, Any]:
    return {str(status): _answer(route, status) for status in (route.status, *route.also)}


def _answer(route: Route, status: int) -> dict[str, Any]:
    said: dict[str, Any] = {"description": HTTPStatus(status).phrase, "headers": headers.of_answer(route)}
    content = _content(route)
    return {**said, "content": content} if content and status != _NOT_MODIFIED else said


def _content(route: Route) -> dict[str, Any]:
    if route.is_stream:
        return {route.media_type: events.content(route.path)}
    if route.answer is None:
        media_types = _FILES if route.media_type == "*/*" else (route.media_type,)
        return {} if route.status == 204 else {name: {"schema": {"type": "string"}} for name in media_types}
    content = {route.media_type: {"schema": schemas.of(route.answer), **examples.of_answer(route)}}
    return {**content, **{name: {"schema": {"type": "string"}} for name in route.also_as}}
