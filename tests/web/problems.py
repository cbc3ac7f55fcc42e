"""Whether a problem has the members that the API description gives its code, and no others."""

import functools
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from locksley.web.openapi.document import describe
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.routes import ROUTES


def check(problem: Any) -> None:
    assert problem["code"] in _by_code(), problem
    assert [error.message for error in _by_code()[problem["code"]].iter_errors(problem)] == [], problem


@functools.cache
def _by_code() -> dict[str, Draft202012Validator]:
    components = describe((*ROUTES, *OPERATOR_ROUTES))["components"]
    return {
        schema["properties"]["code"]["const"]: Draft202012Validator({**schema, "components": components})
        for name, schema in components["schemas"].items()
        if name.endswith("Problem")
    }
