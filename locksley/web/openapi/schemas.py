"""The types of bodies and answers as JSON Schema, by what they are declared to be."""

import re
from collections.abc import Iterable
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from locksley.web.openapi.events import EVENTS
from locksley.web.route import Route

_SNAKE = re.compile(r"(?<=`)[a-z]+(_[a-z]+)+(?=`)")
_REF = "#/components/schemas/{name}"


def components(routes: Iterable[Route]) -> dict[str, Any]:
    """Every type with a name that a route takes or gives."""
    types: dict[Any, None] = dict.fromkeys(EVENTS.values())
    for route in routes:
        types.update(dict.fromkeys((route.body,) if route.body else ()))
        types.update(dict.fromkeys(alternatives(route.answer)))
    _, found = msgspec.json.schema_components(types, ref_template=_REF)
    return {name: plain(schema) for name, schema in sorted(found.items())}


def of(type_: Any) -> dict[str, Any]:
    """With references to the components."""
    several = [_of_one(one) for one in alternatives(type_)]
    return several[0] if len(several) == 1 else {"anyOf": several}


def parameters(query: type) -> list[dict[str, Any]]:
    """A query's members, each a parameter."""
    schema = msgspec.json.schema(query, ref_template=_REF)
    [(_, own)] = [(name, one) for name, one in schema["$defs"].items() if name == query.__name__]
    return [
        {"name": name, "in": "query", "required": name in own["required"], **_parameter(plain(member))}
        for name, member in own["properties"].items()
    ]


def alternatives(type_: Any) -> tuple[Any, ...]:
    """The types that an answer is one of. None: there is no JSON."""
    if type_ is None:
        return ()
    return get_args(type_) if get_origin(type_) in (UnionType, Union) else (type_,)


def plain(schema: Any) -> Any:
    """msgspec's own, said more plainly: the type of enumerations, no empty defaults, no titles that repeat the name."""
    if isinstance(schema, list | tuple):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name: plain(value) for name, value in schema.items() if name != "title"}
    if isinstance(said.get("description"), str):
        said["description"] = _SNAKE.sub(lambda found: camel(found[0]), " ".join(said["description"].split()))
    if isinstance(said.get("enum"), list) and all(isinstance(one, str) for one in said["enum"]):
        said.setdefault("type", "string")
    if said.get("default", 0) in ("", None, []):
        del said["default"]
    return said


def camel(name: str) -> str:
    """As members and parameters are called outside."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _of_one(type_: Any) -> dict[str, Any]:
    [schema], _ = msgspec.json.schema_components([type_], ref_template=_REF)
    said: dict[str, Any] = plain(schema)
    return said


def _parameter(member: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is null; none can be given as null."""
    choices = [one for one in member.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        member = {**{name: value for name, value in member.items() if name != "anyOf"}, **choices[0]}
    text = member.pop("description", None)
    return {"schema": member, **({"description": text} if text else {})}
