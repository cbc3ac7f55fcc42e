"""What keeps a broker from opening its files, said in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from locksley.config import ConfigError
from locksley.domain.errors import StorageUnavailable

_DISK = (apsw.FullError, apsw.IOError, apsw.ReadOnlyError)


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Raises `ConfigError` where what is at `path` can not be opened, read or written."""
    try:
        yield
    except apsw.Error as error:
        raise ConfigError(_sentence(path, error)) from None
    except StorageUnavailable as error:
        raise ConfigError(_sentence(path, error.__cause__ or error)) from None


def _sentence(path: Path, error: BaseException) -> str:
    if isinstance(error, _DISK):
        return f"{path} can not be used: {error}; see that the disk has room and takes writes, then start again"
    return (
        f"{path} is damaged, or is no file that can be opened: {error}; "
        "bring a backup back into a new data directory with `locksley restore`"
    )
