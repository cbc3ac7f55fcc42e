"""A disk that forgets: files on tmpfs behind a SQLite VFS that knows what was written and not yet fsynced.

When the machine dies, each write since the last fsync of its file is kept, dropped or torn, by seeded chance. When only the process
dies, everything written stays. Faults: full, read-only, failing; each from one moment to another.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from simulation.loop import Process, ProcessDied

SECTOR_BYTES = 512


class _File:
    """A file as of its last fsync, and what came since: (offset, what was written), or (size, None) where it was cut off."""

    def __init__(self, synced: bytes) -> None:
        self.synced = bytearray(synced)
        self.since: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for offset, data in self.since:
            self._take(offset, data)
        self.since.clear()

    def undoable(self) -> list[tuple[int, bytes, bytes]]:
        """(offset, what was there before, what was written), in the order written. After it nothing is unsynced any more."""
        writes = []
        for offset, data in self.since:
            if data is not None:
                writes.append((offset, bytes(self.synced[offset : offset + len(data)]), data))
            self._take(offset, data)
        self.since.clear()
        return writes

    def _take(self, offset: int, data: bytes | None) -> None:
        if data is None:
            del self.synced[offset:]
            return
        if offset > len(self.synced):
            self.synced.extend(bytes(offset - len(self.synced)))
        self.synced[offset : offset + len(data)] = data


class Disk:
    """One machine's disk. `fault` is raised by every write while it is set."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        self.fault: type[apsw.Error] | None = None
        self.on_io: Callable[[str], None] | None = None
        self.fsyncs = 0
        self._files: dict[str, _File] = {}
        self._generation = 0
        self._home = root / "0"
        self._home.mkdir(parents=True)

    @property
    def home(self) -> Path:
        """Where the files of the process that lives now are."""
        return self._home

    def all_is_synced(self) -> None:
        """As after an fsync of every file, whoever wrote it."""
        for name, file in self._files.items():
            file.since.clear()
            file.synced = bytearray((self._home / name).read_bytes())

    def opened(self, name: str) -> _File:
        """What is known of a file of the process that lives now."""
        if name not in self._files:
            path = self._home / name
            self._files[name] = _File(path.read_bytes() if path.exists() else b"")
        return self._files[name]

    def removed(self, name: str) -> None:
        self._files.pop(name, None)

    def restart(self, *, machine_died: bool) -> None:
        """Make a new home with what a new process would find; the dead process's open files stay where they are, and matter no more."""
        old, self._generation = self._home, self._generation + 1
        self._home = self.root / str(self._generation)
        self._home.mkdir()
        for file in sorted(old.iterdir()):
            if not file.name.endswith("-shm"):
                shutil.copyfile(file, self._home / file.name)
        if machine_died:
            for name in sorted(self._files):
                self._forget(self._files[name], self._home / name)
        self._files = {}
        shutil.rmtree(old, ignore_errors=True)

    def _forget(self, known: _File, new: Path) -> None:
        if not new.exists():
            return
        writes = known.undoable()
        fate = self.chance.choice(("all", "none", "each"))
        if fate == "none":
            return
        with new.open("r+b") as file:
            for offset, before, after in reversed(writes):
                if fate == "all" or self.chance.random() < 0.5:
                    self._undo(file, offset, before, after)

    def _undo(self, file: Any, offset: int, before: bytes, after: bytes) -> None:
        """Put back what was there, of the whole write or, torn, of some of its sectors."""
        before = before.ljust(len(after), b"\0")
        torn = len(after) > SECTOR_BYTES and self.chance.random() < 0.5
        for start in range(0, len(after), SECTOR_BYTES):
            if not torn or self.chance.random() < 0.5:
                file.seek(offset + start)
                file.write(before[start : start + SECTOR_BYTES])


class DiskVfs(apsw.VFS):
    """The VFS of one process on a disk: it goes dead with the process."""

    def __init__(self, name: str, disk: Disk, process: Process) -> None:
        self.name = name
        self.disk = disk
        self.process = process
        self._files: list[DiskFile] = []
        super().__init__(name, base="")

    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> "DiskFile":  # noqa: N802
        file = DiskFile(self, name, flags)
        self._files.append(file)
        return file

    def let_go(self) -> None:
        """Once the process is dead. SQLite holds its files where the garbage collector can not see it: they must not hold the world."""
        self.unregister()
        self.process.on_death.clear()
        for file in self._files:
            file.let_go()
        self._files.clear()
        del self.disk

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.process.check_alive()
        self.disk.removed(os.path.basename(filename))
        super().xDelete(filename, syncdir)


class DiskFile(apsw.VFSFile):
    def __init__(self, vfs: DiskVfs, name: "str | apsw.URIFilename | None", flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name if isinstance(name, str) else name.filename() if name is not None else ""
        self._disk = vfs.disk
        self._process = vfs.process
        self._name = os.path.basename(path)
        self._known = vfs.disk.opened(self._name)

    def let_go(self) -> None:
        del self._disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._touch("write")
        super().xWrite(data, offset)
        self._known.since.append((offset, bytes(data)))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._touch("fsync")
        self._known.sync()
        self._disk.fsyncs += 1

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._touch("truncate")
        super().xTruncate(newsize)
        self._known.since.append((newsize, None))

    def _touch(self, what: str) -> None:
        disk = self._disk
        if not self._process.alive:
            raise ProcessDied(self._process.name)
        if disk.on_io is not None:
            disk.on_io(what)
            self._process.check_alive()
        if disk.fault is not None:
            raise disk.fault(f"simulated: {what} of {self._name}")
