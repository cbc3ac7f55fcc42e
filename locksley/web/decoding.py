"""Bodies and queries to what a route asks for, strictly; and what is wrong with them in words that name the member."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec

from locksley.domain.errors import Malformed, Refusal
from locksley.web.problems import NotJson

_AT_MEMBER = re.compile(r" - at `\$\.([^`]+)`$")
_NAMED_MEMBER = re.compile(r"(?:unknown|required) field `([^`]+)`")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


def body_decoder(type_: type) -> Callable[[str | None, bytes], Any]:
    """Takes the content type and the body. Raises `NotJson`, `Malformed`."""
    decode_json: Callable[[bytes], Any] = msgspec.json.Decoder(type_).decode
    fields = msgspec.structs.fields(type_)
    required_count = sum(field.required for field in fields)
    names = [f'"{field.encode_name}"'.encode() for field in fields]

    def decode(content_type: str | None, body: bytes) -> Any:
        if not body:
            raise Malformed("The body is missing; send a JSON object.")
        if content_type is None or content_type.partition(";")[0].strip().lower() != "application/json":
            raise NotJson
        try:
            decoded = decode_json(body)
        except msgspec.ValidationError as error:
            raise _wrong_member(str(error), "The body", type_) from None
        except (ValueError, RecursionError) as error:
            raise Malformed(f"The body is not JSON: {_plain(error)}.") from None
        # All that is required is there, so with no more colons than that nothing is there twice: one look is enough for most.
        if body.count(b":") > required_count and (b"\\" in body or any(body.count(name) > 1 for name in names)):
            json.loads(body, object_pairs_hook=_each_once)
        return decoded

    return decode


def _each_once(members: list[tuple[str, Any]]) -> None:
    for name, count in Counter(name for name, _ in members).items():
        if count > 1:
            raise Malformed(f"The body's `{name}` is there {count} times; send it once.", member=name)


def decode_query(type_: type, parameters: Mapping[str, Any]) -> Any:
    """Raises `Malformed`; one parameter given twice is that too."""
    for name, value in parameters.items():
        if isinstance(value, str) and _CONTROL.search(value):
            raise Malformed(f"The query's `{name}` has characters that cannot be read.", member=name)
    try:
        return msgspec.convert(parameters, type_, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong_member(str(error), "The query", type_) from None


def _wrong_member(message: str, where: str, type_: type) -> Refusal:
    member = _AT_MEMBER.search(message) or _NAMED_MEMBER.search(message)
    what = (
        _AT_MEMBER.sub("", message).replace("Object contains", "contains").replace("Object missing", "is missing the")
    )
    if member is None:
        return Malformed(f"{where}: {_lower_first(what)}.")
    name = member.group(1)
    if _AT_MEMBER.search(message):
        good = _good_values(type_, name) if what.startswith("Invalid enum value") else ""
        return Malformed(f"{where}'s `{name}` is wrong: {_lower_first(what)}{good}.", member=name)
    return Malformed(f"{where} {what.replace('the required', 'the')}.", member=name)


def _good_values(type_: type, name: str) -> str:
    """`; use buy or sell`."""
    kinds = [field.type for field in msgspec.structs.fields(type_) if field.encode_name == name]
    values = [value for kind in kinds for value in _values_of(kind)]
    return "" if not values else f"; use {' or '.join([', '.join(values[:-1]), values[-1]] if values[1:] else values)}"


def _values_of(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(one.value) for one in kind]
    return [value for part in get_args(kind) for value in _values_of(part)]


def _plain(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not valid UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return _lower_first(str(error).removeprefix("JSON is malformed: ")).rstrip(".")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
