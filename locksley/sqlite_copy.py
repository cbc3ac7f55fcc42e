"""Copies of a database file while it is being written: whole, as of one moment, and never half there.

reads from: a connection of its own, by SQLite's online backup. writes to: a new file, which gets its name once it is on the disk.
If it dies halfway, what is left ends in `.partial`; the next copy of the same name begins it anew.
"""

import os
from pathlib import Path

import apsw

from locksley.kept_file import sync


def hold(path: Path) -> apsw.Connection:
    """A connection that sees the database as it is now for as long as it is open, whatever is written meanwhile."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.execute("BEGIN")
    connection.pragma("schema_version")  # only a first read fixes what is seen
    return connection


def copy(source: apsw.Connection, to: Path) -> None:
    """What `source` sees. Raises `FileExistsError`, and what SQLite raises."""
    if to.exists():
        raise FileExistsError(f"{to} exists already")
    partial = to.with_name(to.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    copied = apsw.Connection(str(partial))
    try:
        with copied.backup("main", source, "main") as backup:
            backup.step()
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, complete by itself
    finally:
        copied.close()
    sync(partial)
    partial.replace(to)
    sync(to.parent)


def what_is_wrong(path: Path) -> str | None:
    """SQLite's own complaint about a file; None: it is whole."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            said = str(connection.execute("PRAGMA integrity_check(1)").get)
        finally:
            connection.close()
    except apsw.Error as error:
        return str(error)
    return None if said == "ok" else said


def schema_of(path: Path) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(connection.pragma("user_version"))
    finally:
        connection.close()
