"""The folder where a person's tokens and unfinished orders are kept: for its owner alone, or it is mended, or refused.

Reads from and writes to: the folder. A file is written whole or not at all.
"""

import os
import secrets
import stat
from pathlib import Path

import click

from locksley.commands.failing import Failed

FOLDER_RIGHTS = 0o700
FILE_RIGHTS = 0o600
FILE_BYTES_MAX = 65_536


def default_folder() -> Path:
    named = os.environ.get("LOCKSLEY_CONFIG_DIR")
    return Path(named) if named else Path(click.get_app_dir("locksley"))


class ConfigFolder:
    """Made when it is first needed. Raises `Failed` when it is somebody else's, or can not be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        """None: there is no such file."""
        try:
            file = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(name, error) from None
        with os.fdopen(file, "rb") as opened:
            self._see_to(self.path / name, os.fstat(file), FILE_RIGHTS)
            return opened.read(FILE_BYTES_MAX)

    def write(self, name: str, data: bytes) -> None:
        """On the disk when this returns."""
        self.make()
        beside = self.path / f".{name}.{secrets.token_hex(4)}"
        try:
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_RIGHTS)
            with os.fdopen(file, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(file)
            beside.rename(self.path / name)
            self._sync()
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise self._unusable(name, error) from None

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def names(self, ending: str) -> list[str]:
        if not self.path.is_dir():
            return []
        return sorted(path.name for path in self.path.iterdir() if path.name.endswith(ending) and path.name[0] != ".")

    def make(self) -> None:
        try:
            self.path.mkdir(mode=FOLDER_RIGHTS, parents=True, exist_ok=True)
            self._see_to(self.path, self.path.stat(), FOLDER_RIGHTS)
        except OSError as error:
            raise self._unusable("", error) from None

    def _see_to(self, path: Path, found: os.stat_result, rights: int) -> None:
        if found.st_uid != os.geteuid():
            raise Failed(f"{path} belongs to somebody else; name another folder by LOCKSLEY_CONFIG_DIR")
        if stat.S_IMODE(found.st_mode) & ~rights:
            path.chmod(rights)
            click.echo(f"locksley: others could get at {path}; now only you can", err=True)

    def _sync(self) -> None:
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unusable(self, name: str, error: OSError) -> Failed:
        what = self.path / name if name else self.path
        return Failed(f"{what} can not be used: {error.strerror}; name another folder by LOCKSLEY_CONFIG_DIR")
