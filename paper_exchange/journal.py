"""What outlasts the exchange: a log of records about orders, files of tape rows, and a summary that spares reading them all.

`FILE` is the log: a line that says so, then blocks of [length, crc32, records], one per write, kept for ever because all orders are.
`FILE.trades/` has a file of rows per tape chunk, named by its first trade; the oldest go as the tape lets go of them.
`FILE.summary` is replaced whole. A write puts the rows on the disk first, then the records. If it dies halfway, opening drops what
is torn: a block cut short, a row cut short, and rows of customers' trades that no record speaks of. Nobody had been shown any of it.
"""

import fcntl
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from paper_exchange.records import Record
from paper_exchange.tape import CHUNK_TRADES, ROW, row_is_whole

_MAGIC = b"paper exchange journal 1\n"
_HEAD = struct.Struct("<II")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Record]).decode


class JournalError(Exception):
    """The journal cannot be used; the message is one line that names the file and the reason."""


class Journal:
    """Opened and locked for one exchange. Raises JournalError, and OSError from `write`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._trades_path = path.with_name(path.name + ".trades")
        self._summary_path = path.with_name(path.name + ".summary")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._log: BinaryIO = path.open("a+b", buffering=0)
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror or error}; name a file that can be written") from None
        try:
            fcntl.flock(self._log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._trades_path.mkdir(exist_ok=True)
        except OSError as error:
            self._log.close()
            if isinstance(error, BlockingIOError):
                raise JournalError(f"{path}: another exchange is using it; stop that or name another file") from None
            raise JournalError(f"{self._trades_path}: {error.strerror or error}") from None
        self._rows: BinaryIO | None = None
        self._last_number = 0

    # Reading, once, at the start

    def records(self) -> Iterator[Record]:
        """Everything in the log, oldest first; a torn end is cut off."""
        data = self._path.read_bytes()
        if not data.startswith(_MAGIC[: len(data)]):
            raise JournalError(f"{self._path}: is not a journal of this exchange; name another file")
        if len(data) < len(_MAGIC):
            self._log.truncate(0)
            _write_all(self._log, _MAGIC)
        place = len(_MAGIC)
        while place < len(data):
            block, end = _block(data, place)
            if block is None:
                if end < len(data) and any(data[place:]):
                    raise JournalError(
                        f"{self._path}: damaged at byte {place}; restore it from a copy or name another file"
                    )
                self._log.truncate(place)
                return
            yield from _decode(block)
            place = end

    def chunks(self) -> tuple[int, list[memoryview], int]:
        """(first trade, the tape's chunks, last trade) as they are in the files; a torn end is left out."""
        files = sorted(self._trades_path.glob("*.rows"))
        if not files:
            return 1, [], 0
        firsts = [int(file.stem) for file in files]
        if firsts != list(range(firsts[0], firsts[-1] + 1, CHUNK_TRADES)):
            raise JournalError(
                f"{self._trades_path}: a file is missing; restore it from a copy or name another journal"
            )
        chunks = [_mapped(file) for file in files[:-1]]
        rows = memoryview(bytearray(CHUNK_TRADES * ROW.size))
        data = files[-1].read_bytes()[: len(rows)]
        rows[: len(data)] = data
        count = len(data) // ROW.size
        whole = next((n for n in range(count) if not row_is_whole(rows, n, firsts[-1] + n)), count)
        return firsts[0], [*chunks, rows], firsts[-1] + whole - 1

    def summary(self) -> bytes | None:
        return self._summary_path.read_bytes() if self._summary_path.exists() else None

    def begin_after(self, last_number: int) -> None:
        """Rows go on after this one; what the files have beyond it is cut off."""
        self._last_number = last_number
        for file in self._trades_path.glob("*.rows"):
            place = last_number - int(file.stem) + 1
            if place <= 0:
                file.unlink()
            elif place < CHUNK_TRADES:
                os.truncate(file, place * ROW.size)
        if not last_number:
            self._summary_path.unlink(missing_ok=True)

    # Writing

    def write(self, records: Sequence[Record], rows: Sequence[bytes], first_kept: int, summary: bytes | None) -> None:
        """Returns when all of it is on the disk. Rows older than `first_kept` may go."""
        for piece in rows:
            self._write_rows(piece)
        if records:
            block = _encode(records)
            _write_all(self._log, _HEAD.pack(len(block), zlib.crc32(block)) + block)
            os.fdatasync(self._log.fileno())
        if summary is not None:
            self._replace_summary(summary)
            self._forget_before(first_kept)

    def close(self) -> None:
        if self._rows is not None:
            self._rows.close()
        self._log.close()

    def _write_rows(self, piece: bytes) -> None:
        if self._last_number % CHUNK_TRADES == 0 or self._rows is None:
            self._open_rows(self._last_number - self._last_number % CHUNK_TRADES + 1)
        assert self._rows is not None
        _write_all(self._rows, piece)
        os.fdatasync(self._rows.fileno())
        self._last_number += len(piece) // ROW.size

    def _open_rows(self, first_number: int) -> None:
        if self._rows is not None:
            self._rows.close()
        self._rows = self._rows_path(first_number).open("ab", buffering=0)
        _sync_directory(self._trades_path)

    def _replace_summary(self, summary: bytes) -> None:
        fresh = self._summary_path.with_name(self._summary_path.name + ".new")
        with fresh.open("wb") as file:
            file.write(summary)
            file.flush()
            os.fdatasync(file.fileno())
        fresh.replace(self._summary_path)

    def _forget_before(self, first_kept: int) -> None:
        for file in self._trades_path.glob("*.rows"):
            if int(file.stem) + CHUNK_TRADES <= first_kept:
                file.unlink()

    def _rows_path(self, first_number: int) -> Path:
        return self._trades_path / f"{first_number:015d}.rows"


def _block(data: bytes, place: int) -> tuple[bytes | None, int]:
    """The block at a place, or None where it is torn or damaged, and where it ends by its own account."""
    if len(data) - place < _HEAD.size:
        return None, len(data)
    length, check = _HEAD.unpack_from(data, place)
    start = place + _HEAD.size
    block = data[start : start + length]
    good = length > 0 and len(block) == length and zlib.crc32(block) == check
    return (block if good else None), min(start + length, len(data))


def _mapped(file: Path) -> memoryview:
    if file.stat().st_size != CHUNK_TRADES * ROW.size:
        raise JournalError(f"{file}: is not a whole file of trades; restore it from a copy or name another journal")
    with file.open("rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
