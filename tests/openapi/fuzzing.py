"""What the fuzzer is given: the description with nothing left open, people whose things it may touch, and a line that ends streams."""

import copy
import os
from collections import Counter
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import schemathesis
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.config import SchemathesisConfig
from schemathesis.core.mutations import render_mutations
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from locksley.web.openapi.document import describe
from locksley.web.openapi.operation import public_path
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.routes import ROUTES

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
TIMEOUT_S = 300.0  # what hangs is found; what waits for a busy machine does not hang
STREAM_S_MAX = 0.2
STREAM_EVENTS_MAX = 2
BAD_REQUEST = 400
NO_TOKEN = "header: violates `required` (was Authorization)"

STREAMS = {(route.method, public_path(route.path)) for route in ROUTES if route.is_stream}


def strict_description() -> dict[str, Any]:
    """Answers may get more members one day; here one that is not described is a finding."""
    description = copy.deepcopy(describe((*ROUTES, *OPERATOR_ROUTES)))
    for name, schema in description["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in ("Description", "Title"):
            schema["additionalProperties"] = False
    for operations in description["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                _check_each_event(answer.get("content", {}).get("text/event-stream"))
    return description


def _check_each_event(content: dict[str, Any] | None) -> None:
    """Say of events what the fuzzer understands: the schema of each, and that of its data."""
    if content is None:
        return
    kinds = [
        {
            "type": "object",
            "properties": {
                "id": {"type": "string", "pattern": r"^[0-9]+(-[0-9]+)?$"} if "id" in event else False,
                "event": {"const": name},
                "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": event["data"]},
                "retry": {"type": "integer"},
            },
            "required": ["event", "data"],
            "additionalProperties": False,
        }
        for name, event in content["x-events"].items()
    ]
    content["schema"] = {"oneOf": kinds}


DESCRIPTION = strict_description()


def api(*, coverage: bool, statuses: tuple[int, ...] = ()) -> Any:
    """`statuses`: of the server's errors, those that are right where it is tried."""
    return schemathesis.openapi.from_dict(
        strict_description(),
        config=SchemathesisConfig.from_dict(
            {
                "max-stream-events": STREAM_EVENTS_MAX,
                "phases": {"coverage": {"enabled": coverage}},
                "checks": {
                    "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", *statuses]},
                    # What is well said can still be refused for its size (413, 431), for what the market or the account is (422),
                    # or for how often it is said (429).
                    "positive_data_acceptance": {
                        "expected-statuses": ["2xx", 304, 401, 403, 404, 409, 413, 422, 429, 431, *statuses]
                    },
                    "negative_data_rejection": {
                        "expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 431, *statuses]
                    },
                },
            }
        ),
    )


class Line(requests.Session):
    """A connection for each request, and no cookies but those of the request. `answers`: how many, by status."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: Counter[int] = Counter()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(self, request: Any, **options: Any) -> requests.Response:
        request.headers["Connection"] = "close"  # a stream that was hung up on leaves none to use again
        # That of a stream is how long its events are read, not how long it may take to begin.
        answer = super().send(request, **{**options, "timeout": TIMEOUT_S})
        self.answers[answer.status_code] += 1
        return answer


def probe(case: Any, line: Line, port: int, token: str | None) -> None:
    """Send it and run every check."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    base_url = f"http://127.0.0.1:{port}"
    timeout_s = STREAM_S_MAX if (case.operation.method.upper(), case.operation.path) in STREAMS else TIMEOUT_S
    response = case.call(base_url=base_url, session=line, headers=headers, timeout=timeout_s)
    if is_no_http(response):
        return
    case.validate_response(
        response,
        excluded_checks=excluded(case, response),
        headers=headers,
        # Some checks ask again, and not by `line`; without a token, which no stream begins for.
        transport_kwargs={"base_url": base_url, "session": line, "headers": headers, "timeout": TIMEOUT_S},
    )


def is_no_http(response: Any) -> bool:
    """An unknown header's name may turn out to be one that says where the message ends. If it says so wrongly, the server refuses by
    itself, with nothing in the answer, before there is a request that the description could speak of."""
    headers = response.request.headers
    is_endless = "Transfer-Encoding" in headers or not headers.get("Content-Length", "0").isdecimal()
    return is_endless and response.status_code == BAD_REQUEST and not response.content


def excluded(case: Any, response: Any) -> list[Any]:
    """Checks that would be wrong of this case."""
    if response.status_code != BAD_REQUEST:
        return [negative_data_rejection] if is_right_as_sent(case, response) else []
    member = response.json().get("member") if response.content else None
    is_excused = (
        member == "cursor"  # opaque: one that a list gave looks like any other text
        or (member == "names" and len(case.query) > 1)  # which is not to be given with the others
        or member == "watchlistIds"  # each of the person's own, once
        or _is_whole_but_written_as_a_float(case.body, member)
    )
    return [positive_data_acceptance] if is_excused else []


def is_right_as_sent(case: Any, response: Any) -> bool:
    """All that was wrong was a token left out, which `probe` puts in, and a query that is right as it was sent: an unknown parameter with
    nothing in it is not sent, and one that was left out is sometimes made up again as an unknown one."""
    wrong = set(render_mutations(case.meta.phase.data.mutations))
    is_about_these = all(one == NO_TOKEN or one.startswith("query: ") for one in wrong)
    return bool(wrong) and is_about_these and _is_query_right(case.operation, response.request.url)


def _is_query_right(operation: Any, url: str) -> bool:
    described = DESCRIPTION["paths"][operation.path][operation.method.lower()].get("parameters", [])
    parameters = {one["name"]: one for one in described if one.get("in") == "query"}
    schema = {
        "properties": {name: one["schema"] for name, one in parameters.items()},
        "required": [name for name, one in parameters.items() if one["required"]],
        "additionalProperties": False,
        "components": DESCRIPTION["components"],
    }
    sent = parse_qs(urlsplit(url).query, keep_blank_values=True)
    query = {name: _meant(texts, schema["properties"].get(name, {})) for name, texts in sent.items()}
    return bool(Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(query))


def _meant(texts: list[str], schema: dict[str, Any]) -> Any:
    """What the text of a parameter stands for. All of them where it is there more than once, which none may be."""
    if len(texts) > 1:
        return texts
    [text] = texts
    if schema.get("type") == "integer" and text.isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text


def _is_whole_but_written_as_a_float(body: Any, member: Any) -> bool:
    """15.0 is an integer to JSON Schema alone."""
    return isinstance(body, dict) and isinstance(body.get(member), float)
