"""The page at `/`: three small files, read once."""

from functools import cache
from importlib import resources

from locksley.domain.errors import NotFound
from locksley.web import call as headers
from locksley.web.call import Call
from locksley.web.services import Services

_MEDIA_TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


async def index(_services: Services, call: Call) -> None:
    _serve(call, "index.html")


async def file(_services: Services, call: Call, name: str) -> None:
    if name not in _MEDIA_TYPES:
        raise NotFound
    _serve(call, name)


def _serve(call: Call, name: str) -> None:
    call.resp.data = _bytes(name)
    call.resp.content_type = _MEDIA_TYPES[name]
    call.headers = headers.PAGE


@cache
def _bytes(name: str) -> bytes:
    return (resources.files("locksley.web") / "static" / name).read_bytes()
