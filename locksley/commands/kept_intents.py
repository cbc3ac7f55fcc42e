"""Orders that were sent and not answered yet, kept on the disk from before they are sent: so that what is run again can not buy twice.

Reads from and writes to: the config folder, a file for each intent, locked by the process that is sending it.
If the process dies: the file stays, its lock is gone, and the next `buy` or `sell` settles it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from locksley.client import Intent
from locksley.commands.config_folder import ConfigFolder

ENDING = ".intent.json"
KEPT_MAX = 100


class Owner(NamedTuple):
    """Keys are per person and broker."""

    url: str
    user_id: str


class Kept(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    url: str
    user_id: str
    intent: Intent
    first_sent_at: datetime

    @property
    def age_s(self) -> float:
        return (datetime.now(UTC) - self.first_sent_at).total_seconds()

    def means_the_same(self, intent: Intent) -> bool:
        return self.intent.body == intent.body


class KeptIntents:
    def __init__(self, folder: ConfigFolder) -> None:
        self._folder = folder

    def unfinished(self, owner: Owner) -> list[Kept]:
        """Oldest first; not those that another process is sending at this moment."""
        found = []
        for name in self._folder.names(ENDING)[:KEPT_MAX]:
            if self._is_locked(name):
                continue
            data = self._folder.read(name)
            kept = _read(data) if data is not None else None
            if kept is None:
                continue
            if Owner(kept.url, kept.user_id) == owner:
                found.append(kept)
        return sorted(found, key=lambda kept: kept.first_sent_at)

    @contextmanager
    def sending(self, kept: Kept) -> Iterator[None]:
        """On the disk, and locked, while it is sent. It stays there until `forget`."""
        name = _name(kept.intent)
        self._folder.write(name, msgspec.json.encode(kept))
        file = os.open(self._folder.path / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def forget(self, intent: Intent) -> None:
        """It is answered."""
        self._folder.remove(_name(intent))

    def _is_locked(self, name: str) -> bool:
        try:
            file = os.open(self._folder.path / name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return True  # answered meanwhile
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False


def new(intent: Intent, owner: Owner) -> Kept:
    return Kept(url=owner.url, user_id=owner.user_id, intent=intent, first_sent_at=datetime.now(UTC))


def _name(intent: Intent) -> str:
    return f"{intent.key}{ENDING}"


def _read(data: bytes) -> Kept | None:
    try:
        return msgspec.json.decode(data, type=Kept)
    except msgspec.DecodeError:
        return None
