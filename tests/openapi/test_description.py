"""The description is valid, whole, and says nothing that is not so."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from locksley.web.openapi.document import describe
from locksley.web.openapi.operation import public_path
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.problems import STATUS
from locksley.web.routes import ROUTES, Route, Who
from tests.web.broker import Broker
from tests.web.client import Client

EVERY_ROUTE = (*ROUTES, *OPERATOR_ROUTES)
DESCRIPTION = describe(EVERY_ROUTE)
STATUSES_WITHOUT_PROBLEM = {"200", "201", "202", "204", "304", "431"}

Place = tuple[str | int, ...]


def everything(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    yield at, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from everything(child, (*at, name))


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = DESCRIPTION
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        value = found
    return value


def check(schema: dict[str, Any], value: Any) -> None:
    """With the formats, which are otherwise only remarks."""
    whole = {**schema, "components": DESCRIPTION["components"]}
    validator_for(whole, Draft202012Validator)(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        value
    )


def schemas() -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every object that says what members something has, wherever it is."""
    for at, value in everything(DESCRIPTION):
        if isinstance(value, dict) and value.get("type") == "object" and "example" not in at:
            yield at, value


def test_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()] == []


def test_every_route_and_nothing_else() -> None:
    described = [name for name, _ in operations()]
    assert sorted(described) == sorted(f"{route.method} {public_path(route.path)}" for route in EVERY_ROUTE)


def test_served_as_it_is(broker: Broker, nobody: Client) -> None:
    answer = nobody.ask("GET", "/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == DESCRIPTION
    again = nobody.ask("GET", "/openapi.json", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])


def test_what_is_served_is_what_is_described(broker: Broker) -> None:
    """A route that the server has by another way than the table would be missing here."""
    served = re.findall(r'path="([^"]+)"', _metrics(broker))
    assert set(served) == {route.path for route in EVERY_ROUTE}


def _metrics(broker: Broker) -> str:
    answer = Client(broker.port).ask("GET", "/metrics")
    lines = answer.body.decode().splitlines()
    return "\n".join(line for line in lines if line.startswith("locksley_http_requests_answered_total"))


def test_operation_ids_differ() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not re.fullmatch(r"[a-z]+[A-Za-z]*", one)] == []


def test_everything_has_its_words() -> None:
    assert [name for name, operation in operations() if not operation["summary"]] == []
    tags = {tag["name"] for tag in DESCRIPTION["tags"]}
    assert {tag for _, operation in operations() for tag in operation["tags"]} == tags


def test_no_default_answer() -> None:
    assert [name for name, operation in operations() if "default" in operation["responses"]] == []


def test_no_free_form_object() -> None:
    open_ones = {"ResetEvent"}  # the one that has no members, and says so by being empty
    assert [at for at, schema in schemas() if not schema.get("properties") and at[-1] not in open_ones] == []
    assert [at for at, value in everything(DESCRIPTION) if at[-1:] == ("schema",) and value == {}] == []


def test_no_type_is_called_like_another() -> None:
    assert [name for name in DESCRIPTION["components"]["schemas"] if not re.fullmatch(r"[A-Za-z]+", name)] == []


def test_members_in_camel_case() -> None:
    names = {name for _, schema in schemas() for name in schema.get("properties", {})}
    assert {name for name in names if "_" in name} == set()


@pytest.mark.parametrize("route", EVERY_ROUTE, ids=lambda route: f"{route.method} {route.path}")
def test_every_refusal_of_a_route_is_in_its_answers(route: Route) -> None:
    responses = DESCRIPTION["paths"][public_path(route.path)][route.method.lower()]["responses"]
    for refusal in route.refusals:
        assert refusal.code in codes(responses[str(STATUS[refusal])])
    signed_out = codes(responses["401"]) if "401" in responses else set()
    assert ("not_signed_in" in signed_out) == (route.who is not Who.ANYONE)


def codes(response: dict[str, Any]) -> set[str]:
    schema = resolved(response)["content"]["application/problem+json"]["schema"]
    return {resolved(one)["properties"]["code"]["const"] for one in schema.get("oneOf", [schema])}


def test_problems_are_problem_documents() -> None:
    for _, operation in operations():
        for status, response in operation["responses"].items():
            if status not in STATUSES_WITHOUT_PROBLEM:
                assert list(resolved(response)["content"]) == ["application/problem+json"]


def test_examples_are_of_their_schemas() -> None:
    found = [(at, value) for at, value in everything(DESCRIPTION) if isinstance(value, dict) and "example" in value]
    assert len(found) > 20
    for _, value in found:
        check(value["schema"], value["example"])
