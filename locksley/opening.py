"""What keeps a broker from opening its files, said in one sentence that says what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from locksley.config import ConfigError
from locksley.domain.errors import StorageUnavailable

_DISK = (apsw.FullError, apsw.IOError, apsw.ReadOnlyError)
_FROM_BACKUP = "bring a backup back into a new data directory with `locksley restore`"


@contextmanager
def opening(path: Path, *, can_be_rebuilt: bool = False) -> Iterator[None]:
    """Raises `ConfigError` where what is at `path` can not be opened, read or written.

    `can_be_rebuilt`: from the database, once it is gone.
    """
    mend = f"remove {path}, which is built again from the database" if can_be_rebuilt else _FROM_BACKUP
    try:
        yield
    except apsw.Error as error:
        raise ConfigError(_sentence(path, error, mend)) from None
    except StorageUnavailable as error:
        raise ConfigError(_sentence(path, error.__cause__ or error, mend)) from None


def denied(path: Path) -> Path | None:
    """What of a file, or of a folder and what is in it, this process may not read and write."""
    if not path.exists():
        return None
    if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)):
        return path
    inside = path.iterdir() if path.is_dir() else ()
    return next((found for found in map(denied, inside) if found is not None), None)


def _sentence(path: Path, error: BaseException, mend: str) -> str:
    if (kept_out := denied(path)) is not None:
        other = "" if mend == _FROM_BACKUP else f", or {mend}"
        return (
            f"{kept_out} may not be read and written by whoever runs this (user id {os.geteuid()}); "
            f"give it to that user with `chown -R`{other}, then start again"
        )
    if isinstance(error, _DISK):
        return f"{path} can not be used: {error}; see that the disk has room and takes writes, then start again"
    return f"{path} is damaged, or is nothing that can be opened: {error}; {mend}"
