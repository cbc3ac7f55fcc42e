"""A gzip CSV file, row by row, in bounded memory; what is wrong with it is said with the line.

Reads from the file; writes nothing but progress to stderr. A file that cannot be used stops the start.
"""

import gzip
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from paper_exchange.market.errors import MarketError
from paper_exchange.market.port import Print, Quote
from paper_exchange.market.tape_rows import RowError

LINE_BYTES_MAX = 1_000
BLOCK_BYTES = 1 << 17
PROGRESS_EVERY_S = 2.0
ROWS_PER_LOOK = 50_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Row = TypeVar("Row", bound=Print | Quote)


class TapeFile(Generic[Row]):
    """The rows of one file in its own order; `MarketError` at the first that is malformed or goes back in time."""

    def __init__(self, path: Path, header: bytes, row_of: Callable[[Sequence[bytes]], Row]) -> None:
        self._path = path
        self._header = header
        self._row_of = row_of

    def rows(self) -> Iterator[Row]:
        row_of, last_ns = self._row_of, 0
        for number, line in numbered_lines(self._path, self._header):
            try:
                row = row_of(line.split(b","))
            except RowError as wrong:
                raise MarketError(f"{self._path}, line {number}: {wrong}") from None
            if row.at_ns < last_ns:
                raise MarketError.in_file(
                    self._path, number, f"time goes back from {last_ns} to {row.at_ns}", "sort the rows by ts_ns"
                )
            last_ns = row.at_ns
            yield row

    def checked(self) -> Iterator[Row]:
        """As `rows`, with progress on stderr where it takes long."""
        said_s = time.monotonic()
        for number, row in enumerate(self.rows(), 1):
            if number % ROWS_PER_LOOK == 0 and time.monotonic() - said_s > PROGRESS_EVERY_S:
                said_s = time.monotonic()
                print(f"checking {self._path}: {number:,} rows", file=sys.stderr, flush=True)
            yield row


def is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def numbered_lines(path: Path, header: bytes, may_be_plain: bool = False) -> Iterator[tuple[int, bytes]]:
    """The lines after the header, which must be `header`, each with its number, the first of the file being 1."""
    number = 0
    try:
        for number, line in enumerate(_lines(path, may_be_plain), 1):
            if number > 1:
                yield number, line
            elif line.removeprefix(_BYTE_ORDER_MARK) != header:
                raise MarketError.in_file(path, 1, "wrong header", f"the first line must be {header.decode()}")
    except gzip.BadGzipFile:
        raise MarketError.in_file(path, number + 1, "not gzip, or damaged", "compress the CSV file with gzip") from None
    except (EOFError, zlib.error):
        raise MarketError.in_file(
            path, number + 1, "the gzip file is cut off or damaged", "copy or make it again"
        ) from None
    except OSError as problem:
        raise MarketError.in_file(
            path, None, f"cannot be read ({problem.strerror})", "check the path and its rights"
        ) from None
    if number == 0:
        raise MarketError.in_file(path, 1, "the file is empty", f"the first line must be {header.decode()}")


def _lines(path: Path, may_be_plain: bool) -> Iterator[bytes]:
    rest = b""
    number = 1
    with path.open("rb") if may_be_plain and not is_gzip(path) else gzip.open(path, "rb") as file:
        while block := file.read1(BLOCK_BYTES):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
            number += len(lines)
            if len(rest) > LINE_BYTES_MAX:
                raise MarketError.in_file(path, number, f"longer than {LINE_BYTES_MAX} bytes", "give a CSV file")
    if rest:
        yield rest.removesuffix(b"\r")
