"""Who may operate a running broker: whoever can read a file that only the data directory's owner can.

The file has a token, made anew at each start, and where the broker listens; the operator's commands find both in it.
"""

import os
import secrets
from hmac import compare_digest
from pathlib import Path

import msgspec

from locksley.config import ConfigError

TOKEN_BYTES = 32
OWNER_ONLY = 0o600


class OperatorFile(msgspec.Struct, frozen=True):
    url: str
    token: str


class OperatorAccess:
    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(TOKEN_BYTES)

    def is_operator(self, token: str) -> bool:
        return compare_digest(token.encode(), self._token.encode())

    def publish(self, path: Path, url: str) -> None:
        """Write the file, whole or not at all. Raises `ConfigError`."""
        new = path.with_suffix(".new")
        try:
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
                file.write(msgspec.json.encode(OperatorFile(url, self._token)))
            new.replace(path)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; the broker must be able to write it") from error
