"""Lists that come in pages: where the next one is."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from locksley.client.asking import ask, read
from locksley.client.retries import Retries
from locksley.client.transport import Request, Transport

T = TypeVar("T")

PAGE_MAX = 100

_NEXT = re.compile(r'<(/(?!/)[^>\s]*)>\s*;\s*rel="next"')


async def pages(
    transport: Transport, retries: Retries, path: str, query: Mapping[str, str], type_: type[T], most: int | None
) -> AsyncIterator[T]:
    """Each item, newest or best first, until there are no more, or `most` of them; pages are asked for when they are needed."""
    left = most
    request: Request | None = Request("GET", path, {**query, "limit": str(_page(left))})
    while request is not None and left != 0:
        reply = await ask(transport, retries, request)
        for item in read(reply, list[type_]):  # type: ignore[valid-type]
            yield item
            left = None if left is None else left - 1
            if left == 0:
                return
        link = _NEXT.search(reply.headers.get("Link", ""))
        request = Request("GET", link[1]) if link else None


def _page(left: int | None) -> int:
    return PAGE_MAX if left is None else max(1, min(PAGE_MAX, left))
