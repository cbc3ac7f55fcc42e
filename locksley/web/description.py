"""`/openapi.json`: the description of the interface, made once."""

import hashlib
from functools import cache
from typing import Annotated

import msgspec

from locksley.web import call as headers
from locksley.web.call import Call
from locksley.web.services import Services
from locksley.web.shapes import Json

NOT_MODIFIED = "304 Not Modified"
DIGEST_BYTES = 8


class Title(Json):
    title: str
    version: str


class Description(Json):
    """An OpenAPI document; its specification says what the other members are."""

    openapi: Annotated[str, msgspec.Meta(extra_json_schema={"const": "3.1.0"})]
    info: Title


async def description(_services: Services, call: Call) -> None:
    body, etag = _document()
    call.headers = headers.REVALIDATED
    call.resp.set_header("ETag", f'"{etag}"')
    if any(given in ("*", etag) for given in call.req.if_none_match or ()):
        call.resp.status = NOT_MODIFIED
        return
    call.resp.content_type = "application/json"
    call.resp.data = body


@cache
def _document() -> tuple[bytes, str]:
    """As JSON, and its digest."""
    from locksley.web.openapi.document import describe  # noqa: PLC0415  (it reads the table, which names this module)
    from locksley.web.operator_routes import OPERATOR_ROUTES  # noqa: PLC0415
    from locksley.web.routes import ROUTES  # noqa: PLC0415

    body = msgspec.json.encode(describe((*ROUTES, *OPERATOR_ROUTES)))
    return body, hashlib.blake2b(body, digest_size=DIGEST_BYTES).hexdigest()
