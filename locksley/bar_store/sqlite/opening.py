"""Opening the file of bars: a damaged one is put aside, since most of what is in it can be asked from the exchange again.

reads from: the file. writes to: its name. If it dies halfway, some of its files have the new name, and the next start does the rest.
"""

import time
from pathlib import Path

import apsw
import structlog

from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.sqlite.store import DAMAGE, Run, SqliteBarStore, damage_mark

log = structlog.get_logger()


def open_bars(path: Path, run: Run, retention: Retention) -> SqliteBarStore:
    """Raises what SQLite raises where the file can not be opened for another reason than what is in it."""
    try:
        if path.is_dir():
            raise apsw.NotADBError("it is a directory")
        if damage_mark(path).exists():
            raise apsw.CorruptError("damage was found while it was in use")
        return SqliteBarStore(path, run, retention)
    except DAMAGE as error:
        aside = _put_aside(path)
        log.error(
            "bars_damaged",
            file=str(path),
            error=str(error),
            put_aside=str(aside),
            remedy="bars begin anew from what the exchange still has; import daily bars again with locksley import-bars",
        )
        return SqliteBarStore(path, run, retention)


def _put_aside(path: Path) -> Path:
    now = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged.{now}")
    for ending in ("-shm", "-wal", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    damage_mark(path).unlink(missing_ok=True)
    return aside
