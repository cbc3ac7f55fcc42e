"""The page at `/`: files that `make page` built, each read once, each sent in the smallest form that the browser takes.

Files with a hash in their name never change and are kept by the browser for good; the rest is asked for again by ETag.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import falcon.asgi

from locksley.domain.errors import NotFound
from locksley.web import call as headers
from locksley.web.call import Call, Headers
from locksley.web.services import Services

NOT_MODIFIED = "304 Not Modified"
DIGEST_BYTES = 8

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.(css|js)")
_FOREVER: Headers = (
    *(header for header in headers.PAGE if header[0] != b"cache-control"),
    (b"cache-control", b"public, max-age=31536000, immutable"),
)
_NOT_BUILT = b"""<!doctype html><html lang="en"><title>Locksley</title>
<p>The page is not built here. Run <code>make page</code> and start the broker again; the interface under it works without.</p></html>
"""


class File(NamedTuple):
    """`forms`: the bytes by content coding, `""` as they are."""

    media_type: str
    forms: Mapping[str, bytes]
    etag: str
    is_hashed: bool


def is_built() -> bool:
    return "index.html" in _files()


async def index(_services: Services, call: Call) -> None:
    _send(call, _files().get("index.html") or _file("index.html", {"": _NOT_BUILT}))


async def docs(_services: Services, call: Call) -> None:
    """The description of the interface, to read and try."""
    _send(call, _files().get("docs.html") or _file("docs.html", {"": _NOT_BUILT}))


async def file(_services: Services, call: Call, name: str) -> None:
    found = _files().get(name)
    if found is None:
        raise NotFound
    _send(call, found)


def _send(call: Call, found: File) -> None:
    coding = _coding(call.req, found)
    call.headers = _FOREVER if found.is_hashed else headers.PAGE
    call.resp.set_header("ETag", f'"{found.etag}{coding}"')
    call.resp.set_header("Vary", "Accept-Encoding")
    if any(given in ("*", f"{found.etag}{coding}") for given in call.req.if_none_match or ()):
        call.resp.status = NOT_MODIFIED
        return
    if coding:
        call.resp.set_header("Content-Encoding", coding)
    call.resp.content_type = found.media_type
    call.resp.data = found.forms[coding]


def _coding(req: falcon.asgi.Request, found: File) -> str:
    """The first of ours that the browser names without refusing it."""
    asked = (req.get_header("Accept-Encoding") or "").replace(" ", "").lower().split(",")
    taken = {part.partition(";")[0] for part in asked if not re.search(r";q=0(\.0*)?$", part)}
    return next((coding for coding in found.forms if coding in taken), "")


@cache
def _files() -> Mapping[str, File]:
    """By name. What is compressed beside a file is a form of it, and no file of its own."""
    folder = resources.files("locksley.web") / "static"
    if not folder.is_dir():
        return {}
    found = {entry.name: entry for entry in folder.iterdir() if entry.is_file()}
    return {
        name: _file(
            name,
            {coding: found[name + ending].read_bytes() for coding, ending in _ENCODINGS if name + ending in found}
            | {"": entry.read_bytes()},
        )
        for name, entry in found.items()
        if _ending(name) in _MEDIA_TYPES
    }


def _file(name: str, forms: Mapping[str, bytes]) -> File:
    etag = hashlib.blake2b(forms[""], digest_size=DIGEST_BYTES).hexdigest()
    return File(_MEDIA_TYPES[_ending(name)], forms, etag, _HASHED.search(name) is not None)


def _ending(name: str) -> str:
    return name[name.rfind(".") :]
