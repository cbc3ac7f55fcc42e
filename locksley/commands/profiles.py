"""Profiles: which broker, and who somebody is there. A token goes to the broker that gave it, and to no other."""

import os
import re
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from locksley.commands.config_folder import ConfigFolder
from locksley.commands.failing import BadUse, Failed

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_NAME = "default"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    url: str
    email: str | None = None
    token: str | None = None


class Target(NamedTuple):
    """Where to ask, and as whom; `token` None: as nobody. `sign_in`: what mends a token that is not good there."""

    url: str
    token: str | None
    sign_in: str


class Profiles:
    """`is_named`: by an option, which goes before the environment's token. Raises `BadUse` for a name that can not be a profile's."""

    def __init__(self, folder: ConfigFolder, name: str, *, is_named: bool = False) -> None:
        if not _NAME.fullmatch(name):
            raise BadUse(f"'{name}' can not be a profile's name: use up to 32 letters, digits, - and _")
        self._folder = folder
        self.name = name
        self._is_named = is_named
        self._file = f"{name}.profile.json"

    def get(self) -> Profile | None:
        data = self._folder.read(self._file)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=Profile)
        except msgspec.DecodeError:
            raise Failed(f"{self._folder.path / self._file} can not be read; remove it and sign in again") from None

    def keep(self, profile: Profile) -> None:
        self._folder.write(self._file, msgspec.json.encode(profile))

    def target(self, url: str | None) -> Target:
        """By option or LOCKSLEY_URL, else the profile's, else this machine's; LOCKSLEY_TOKEN before the token of one not named."""
        profile = self.get()
        asked = _plain_url(url) if url is not None else profile.url if profile is not None else DEFAULT_URL
        if not self._is_named and (token := environment_token()):
            return Target(asked, token, "give LOCKSLEY_TOKEN a token of that broker, or unset it")
        sign_in = "do so with: locksley login" + ("" if self.name == DEFAULT_NAME else f" --profile {self.name}")
        return Target(asked, profile.token if profile is not None and profile.url == asked else None, sign_in)


def environment_token() -> str | None:
    return os.environ.get("LOCKSLEY_TOKEN") or None


def _plain_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadUse(f"--url {url} is no address; write it like {DEFAULT_URL}")
    return url.rstrip("/")
