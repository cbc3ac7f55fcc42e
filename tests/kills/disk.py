"""A disk that fills up: a small file system of its own where one may be mounted, else a bound on the size of files.

Both are the kernel's own refusal to the process as it runs: ENOSPC from a tmpfs that is full, EFBIG from RLIMIT_FSIZE at zero, after
which the process can write to no file at all, as on a file system that became read-only under it.
"""

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 1_048_576
SIZE_MIB = 48
BALLAST_CHUNK_BYTES = 4_096


class SmallDisk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """To the last page."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(BALLAST_CHUNK_BYTES))

    def top_up(self) -> None:
        """Take what somebody else has freed meanwhile."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(BALLAST_CHUNK_BYTES))

    def make_room(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    """Raises OSError where none may be mounted."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode != 0:
        raise OSError(errno.EPERM, "no file system may be mounted here")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)


def can_mount() -> bool:
    return os.geteuid() == 0


class UnwritableFiles:
    """No file of this process grows, or is written at all, until `make_room`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (0, self._before[1]))

    def make_room(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)
