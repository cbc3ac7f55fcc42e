"""A data directory as of one moment, while broker and exchange go on writing.

reads from: the databases, each by a read transaction; the exchange's journal, by open files and their sizes. writes to: nothing.

The order matters. The order database is fixed first and the journal after it, without the event loop having a turn in between. So
whatever the database knows of the exchange is in the journal; and since an order is stored before it is sent, and nothing is sent
meanwhile, the journal has no order that the database lacks. Within the journal files are fixed in the reverse of the order in which
the exchange writes them: what results is a journal as a crash would have left it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import apsw

from locksley.data_dir import DataDir
from locksley.sqlite_copy import hold

JOURNAL_FILES_MAX = 10_000


class Piece(NamedTuple):
    """The first `size_bytes` of a file, by its name in the data directory."""

    name: str
    file: BinaryIO
    size_bytes: int


class Snapshot:
    """Takes it. To be closed: it keeps files open, and the database's log from being cut."""

    def __init__(self, home: DataDir) -> None:
        self.databases: dict[str, apsw.Connection] = {}
        self.pieces: list[Piece] = []
        try:
            self.databases[home.database.name] = hold(home.database)
            self.pieces += _journal(home.exchange_journal)
            self.pieces += [_whole(path) for path in (home.signing_keys, home.order_secret, home.demo) if path.exists()]
            if home.bars.exists():
                self.databases[home.bars.name] = hold(home.bars)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for connection in self.databases.values():
            connection.close()
        for piece in self.pieces:
            piece.file.close()


def _journal(path: Path) -> Iterator[Piece]:
    """The summary, then the log, then the rows: an exchange writes rows, then the log, then the summary."""
    for part in (path.with_name(path.name + ".summary"), path):
        if part.exists():
            yield _whole(part)
    rows = path.with_name(path.name + ".trades")
    for part in sorted(rows.glob("*.rows"))[-JOURNAL_FILES_MAX:]:
        try:
            piece = _whole(part)
        except FileNotFoundError:
            continue  # the oldest go while we look
        yield piece._replace(name=f"{rows.name}/{part.name}")


def _whole(path: Path) -> Piece:
    file = path.open("rb")
    return Piece(path.name, file, os.fstat(file.fileno()).st_size)
