"""The whole description: every route of the table, every type that they name, and nothing that is not there."""

from collections.abc import Iterable
from importlib import metadata
from itertools import groupby
from typing import Any

from locksley.web.openapi import headers, operation, problem_schemas, schemas, words
from locksley.web.route import Route

VERSION = "3.1.0"

_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": words.BEARER},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "locksley_session", "description": words.COOKIE},
    "operator": {"type": "http", "scheme": "bearer", "description": words.OPERATOR},
}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Ready to be sent as JSON."""
    routes = tuple(routes)
    ids = operation.ids(routes)
    by_path = sorted(routes, key=lambda route: operation.public_path(route.path))
    paths = {
        path: {route.method.lower(): operation.describe(route, ids[route.method, route.path]) for route in of_path}
        for path, of_path in groupby(by_path, key=lambda route: operation.public_path(route.path))
    }
    tags = dict.fromkeys(operation.tag(route) for route in routes)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Locksley",
            "version": metadata.version("locksley"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": words.INTRODUCTION,
        },
        "servers": [{"url": "/", "description": "The broker that this description came from"}],
        "tags": [{"name": tag, "description": words.TAGS[tag]} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components(routes), **problem_schemas.components()},
            "responses": problem_schemas.responses(),
            "headers": headers.ANSWERED,
            "parameters": headers.TAKEN,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }
