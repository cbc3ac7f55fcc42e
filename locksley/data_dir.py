"""The data directory: what is where in it, and the lock that keeps a second broker out."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locksley.config import ConfigError

OWNER_ONLY = 0o700


class DataDir:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "orders.sqlite"
        self.bars = path / "bars.sqlite"
        self.order_index = path / "order_index"
        self.exchange_journal = path / "exchange.journal"
        self.exchange_client = path / "exchange_client"
        self.order_secret = path / "order_secret"
        self.signing_keys = path / "signing_keys.json"
        self.operator = path / "operator.json"
        self.demo = path / "demo.json"


@contextmanager
def lock(path: Path, name: str = "lock") -> Iterator[DataDir]:
    """The directory, made if it is missing, held until the end. Raises `ConfigError`: not writable, or in use."""
    try:
        path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        file = os.open(path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the data directory {path} can not be used: {error.strerror}; name another with --data-dir"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise ConfigError(
            f"the data directory {path} is in use by another broker; stop that one, or name another with --data-dir"
        ) from None
    try:
        yield DataDir(path)
    finally:
        os.close(file)
