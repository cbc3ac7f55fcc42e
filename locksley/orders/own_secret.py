"""The secret that this broker's order ids are marked with (see `identity`): one for each data directory, kept in it and in its backups."""

import re
import secrets
from pathlib import Path
from typing import NamedTuple

from locksley.config import ConfigError
from locksley.kept_file import OWNER_ONLY, keep

SECRET_BYTES = 32

_KEPT = re.compile(rf"([0-9a-f]{{{2 * SECRET_BYTES}}})(?: ([0-9]{{1,15}}))?")


class OwnSecret(NamedTuple):
    """`since_ms`: orders of before may be this broker's without its mark; 0: none is."""

    secret: bytes
    since_ms: int = 0


def own_secret(path: Path, since_ms: int) -> OwnSecret:
    """What the file says; where there is none, a new one since then, which is kept. Raises `ConfigError`."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path}: is no regular file; the broker keeps its own there, so move it away")
        if not path.exists():
            keep(path, f"{secrets.token_hex(SECRET_BYTES)} {since_ms}\n".encode())
        path.chmod(OWNER_ONLY)
        kept = path.read_bytes().decode(errors="replace").strip()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; the broker must be able to read and write it") from None
    found = _KEPT.fullmatch(kept)
    if found is None:
        raise ConfigError(
            f"{path}: is damaged; take the one of a backup, or remove it to have a new one: of an order placed before, should "
            "the database have lost it, `locksley reconcile` then can not tell whether it is another broker's"
        )
    return OwnSecret(bytes.fromhex(found[1]), int(found[2] or 0))
