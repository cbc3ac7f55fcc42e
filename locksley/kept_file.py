"""A small file of the data directory that is there whole or not at all, and for its owner only."""

import os
from pathlib import Path

OWNER_ONLY = 0o600


def keep(path: Path, data: bytes) -> None:
    """A new file beside it takes its place, once it is on the disk; that too is on the disk on return. Raises `OSError`."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """What was written to a file, or which names a folder has, is on the disk. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
