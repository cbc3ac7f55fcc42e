"""The name under which a broker reads the exchange's feed: one of its own for each data directory, kept in it.

An exchange ends the older of two feeds of one name, so two brokers of one name would throw each other off for ever.
"""

import re
import secrets
from pathlib import Path

from locksley.config import ConfigError
from locksley.kept_file import keep

RANDOM_BYTES = 8

_NAME = re.compile(r"[A-Za-z0-9._~-]{1,128}")


def check(name: str | None) -> None:
    """Raises `ConfigError` unless an exchange can be told it."""
    if name is not None and not _NAME.fullmatch(name):
        raise ConfigError(
            f"--exchange-client {name} can not be a name; write 1 to 128 letters, digits, dots, dashes or underscores"
        )


def own_name(path: Path) -> str:
    """What the file says; where there is none, or it is damaged, a new one, which is kept. Raises `ConfigError`."""
    try:
        kept = path.read_bytes().decode(errors="replace").strip() if path.exists() else ""
        return kept if _NAME.fullmatch(kept) else _keep(path, f"locksley-{secrets.token_hex(RANDOM_BYTES)}")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; the broker must be able to read and write it") from None


def _keep(path: Path, name: str) -> str:
    keep(path, f"{name}\n".encode())
    return name
