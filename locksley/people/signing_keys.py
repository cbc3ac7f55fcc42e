"""The keys that sessions are signed with: a file in the data directory, readable by its owner only.

The newest key signs; every key that has not retired verifies, so that a rotation signs nobody out.
"""

import secrets
from pathlib import Path

import msgspec

from locksley.config import ConfigError
from locksley.kept_file import keep

KEY_BYTES = 64


class SigningKey(msgspec.Struct, frozen=True, rename="camel"):
    """`retires_at_ms` is None for the one that signs."""

    kid: str
    secret: bytes
    created_at_ms: int
    retires_at_ms: int | None = None


class SigningKeys:
    def __init__(self, path: Path, keys: tuple[SigningKey, ...]) -> None:
        self._path = path
        self._keys = {key.kid: key for key in keys}
        self._signing = keys[-1]

    @classmethod
    def open(cls, path: Path, now_ms: int) -> "SigningKeys":
        """Read the file; the first time, make it. Raises `ConfigError`."""
        try:
            keys = _read(path) if path.exists() else _write(path, (_new_key(now_ms),))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; the broker must be able to read and write it") from error
        return cls(path, keys)

    @property
    def signing(self) -> SigningKey:
        return self._signing

    def verifying(self, kid: str, now_ms: int) -> SigningKey | None:
        key = self._keys.get(kid)
        retired = key is not None and key.retires_at_ms is not None and key.retires_at_ms <= now_ms
        return None if retired else key

    def rotate(self, now_ms: int, retire_after_ms: int) -> None:
        """A new key signs from now on; the others verify for `retire_after_ms` more, and then are gone."""
        new = _new_key(now_ms)
        kept = [self._retiring(key, now_ms + retire_after_ms) for key in self._keys.values()]
        keys = (*(key for key in kept if key.retires_at_ms is not None and key.retires_at_ms > now_ms), new)
        _write(self._path, keys)
        self._keys = {key.kid: key for key in keys}
        self._signing = new

    @staticmethod
    def _retiring(key: SigningKey, at_ms: int) -> SigningKey:
        return key if key.retires_at_ms is not None else msgspec.structs.replace(key, retires_at_ms=at_ms)


def _new_key(now_ms: int) -> SigningKey:
    return SigningKey(secrets.token_hex(8), secrets.token_bytes(KEY_BYTES), now_ms)


def _read(path: Path) -> tuple[SigningKey, ...]:
    path.chmod(0o600)
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=tuple[SigningKey, ...])
    except ValueError as error:
        raise ConfigError(
            f"{path}: not a key file ({error}); remove it to make a new one, which signs everybody out"
        ) from error
    if not keys or keys[-1].retires_at_ms is not None:
        raise ConfigError(f"{path}: has no key to sign with; remove it to make a new one, which signs everybody out")
    return keys


def _write(path: Path, keys: tuple[SigningKey, ...]) -> tuple[SigningKey, ...]:
    keep(path, msgspec.json.encode(keys))
    return keys
