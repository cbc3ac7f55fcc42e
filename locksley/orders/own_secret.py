"""The secret that this broker's order ids are marked with (see `identity`): one for each data directory, kept in it and in its backups."""

import re
import secrets
from pathlib import Path

from locksley.config import ConfigError
from locksley.kept_file import keep

SECRET_BYTES = 32

_KEPT = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}")


def own_secret(path: Path) -> bytes:
    """What the file says; where there is none, a new one, which is kept. Raises `ConfigError`."""
    try:
        if not path.exists():
            keep(path, secrets.token_hex(SECRET_BYTES).encode() + b"\n")
        kept = path.read_bytes().decode(errors="replace").strip()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; the broker must be able to read and write it") from None
    if not _KEPT.fullmatch(kept):
        raise ConfigError(
            f"{path}: is damaged; take the one of a backup, or remove it to have a new one: `locksley reconcile` then counts "
            "an order placed before, should the database have lost it, as another broker's"
        )
    return bytes.fromhex(kept)
