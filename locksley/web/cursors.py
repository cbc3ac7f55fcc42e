"""Where the next page of a list begins: cursors, opaque to people, and the `Link` header (RFC 8288)."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import quote, urlencode
from uuid import UUID

from locksley.domain.errors import Malformed
from locksley.web.call import Call

_PAIR = re.compile(r"(-?\d{1,18})?\.(-?\d{1,18})?")


def link_next(call: Call, cursor: str, query: Mapping[str, object]) -> None:
    """The same list, from `cursor` on."""
    parameters = {name: str(value) for name, value in query.items() if value not in (None, "")}
    parameters["cursor"] = cursor
    call.resp.set_header("Link", f'<{quote(call.req.path)}?{urlencode(parameters)}>; rel="next"')


def pack(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> str:
    """Raises `Malformed`."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise bad_cursor() from None
    if pack(text) != cursor:
        raise bad_cursor()
    return text


def unpack_id(cursor: str) -> str:
    """Raises `Malformed` when it is no order's id."""
    text = unpack(cursor)
    if not is_id(text):
        raise bad_cursor()
    return text


def pack_pair(one: int | None, other: int | None) -> str:
    return pack(f"{'' if one is None else one}.{'' if other is None else other}")


def unpack_pair(cursor: str) -> tuple[int | None, int | None]:
    """Raises `Malformed`."""
    pair = _PAIR.fullmatch(unpack(cursor))
    if pair is None:
        raise bad_cursor()
    one, other = pair.groups()
    return int(one) if one else None, int(other) if other else None


def bad_cursor() -> Malformed:
    return Malformed("This cursor is not one that a list gave; leave it out to start over.", member="cursor")


def is_id(text: str) -> bool:
    """Whether it looks like one of our ids: nothing else is worth a look into the database."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
