"""A day's closed orders as one file that explains itself: gzip, a JSON object a line; the last line says what all the others must be.

reads from: rows as they are given; a file, to check it. writes to: one file, which gets its name once it was read back whole.
If it dies halfway, what is left ends in `.partial`; the next archive of the same day begins it anew.
"""

import gzip
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from locksley.kept_file import sync

WHAT = "closed orders of Locksley, with their fills and audit rows"
FORMAT = 1
LINE_BYTES_MAX = 1_048_576
MS_PER_SECOND = 1_000
COMPRESSION = 6

Row = dict[str, Any]


class BadArchive(Exception):
    """The file is no whole archive; the message says in one line what is wrong."""


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """`day`: the UTC day, as 2026-11-22, on which the orders were closed. `schema`: that of the database, whose columns the rows have."""

    what: str
    format: int
    day: str
    schema: int
    locksley: str


class End(msgspec.Struct, frozen=True):
    """`sha256`: of all lines before this one, unpacked."""

    orders: int
    fills: int
    audit: int
    sha256: str


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of these."""

    head: Head | None = None
    order: Row | None = None
    fill: Row | None = None
    audit: Row | None = None
    end: End | None = None


def name_of(day: date) -> str:
    return f"orders-{day.isoformat()}.jsonl.gz"


def write(path: Path, head: Head, rows: Iterable[tuple[str, Row]]) -> End:
    """`rows`: (`order`, `fill` or `audit`, its columns). Raises `FileExistsError`, and `BadArchive` where the rows do not fit together."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        _write(partial, head, rows)
        end = check(partial)
        os.link(partial, path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return end


def check(path: Path) -> End:
    """Read it all: every line, the digest, that each row is of an order in it, and that fills add up. Raises `BadArchive`, `OSError`."""
    reading = _Reading()
    try:
        with gzip.open(path, "rb") as file:
            for line in iter(lambda: file.readline(LINE_BYTES_MAX), b""):
                reading.take(line)
    except (gzip.BadGzipFile, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise BadArchive(f"it is cut short or damaged: {error}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadArchive(f"it has a row that is not of an archive: {error!r}") from error
    return reading.whole()


def _write(path: Path, head: Head, rows: Iterable[tuple[str, Row]]) -> None:
    digest, counts = hashlib.sha256(), Counter[str]()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=COMPRESSION, mtime=0) as packed:

            def put(line: object) -> None:
                encoded = msgspec.json.encode(line) + b"\n"
                digest.update(encoded)
                packed.write(encoded)

            put(Line(head=head))
            for kind, row in rows:
                put({kind: row})
                counts[kind] += 1
            put(Line(end=End(counts["order"], counts["fill"], counts["audit"], digest.hexdigest())))
        file.flush()
        os.fsync(file.fileno())


class _Reading:
    """What was read of a file so far. `_unfilled`: the shares of each order that its fills have not accounted for yet."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._head: Head | None = None
        self._end: End | None = None
        self._counts = Counter[str]()
        self._unfilled: dict[str, int] = {}

    def take(self, encoded: bytes) -> None:
        line = msgspec.json.decode(encoded, type=Line)
        if self._end is not None:
            raise BadArchive("it goes on after its last line")
        if line.end is not None:
            self._end = line.end
            return
        if self._head is None:
            self._begin(line.head)
        else:
            self._take_row(line)
        self._digest.update(encoded)

    def whole(self) -> End:
        """Raises `BadArchive`."""
        if self._head is None or self._end is None:
            raise BadArchive("it is cut short: its last line is missing")
        found = End(self._counts["order"], self._counts["fill"], self._counts["audit"], self._digest.hexdigest())
        if found != self._end:
            raise BadArchive("its lines are not those that it was made of")
        for order_id, shares in self._unfilled.items():
            if shares:
                raise BadArchive(f"the fills of order {order_id} differ from its filled shares by {shares}")
        return found

    def _begin(self, head: Head | None) -> None:
        if head is None or head.what != WHAT:
            raise BadArchive("it is no archive of closed orders")
        if head.format != FORMAT:
            raise BadArchive(f"it is of format {head.format}, this Locksley knows {FORMAT}")
        self._head = head

    def _take_row(self, line: Line) -> None:
        if line.order is not None:
            self._take_order(line.order)
        elif line.fill is not None:
            self._unfilled[self._known(line.fill)] -= int(line.fill["num_shares"])
            self._counts["fill"] += 1
        elif line.audit is not None:
            self._known(line.audit)
            self._counts["audit"] += 1
        else:
            raise BadArchive("it has a line that is not of an archive")

    def _take_order(self, order: Row) -> None:
        order_id, day = str(order["order_id"]), _day_of(int(order["updated_at_ms"]))
        if order_id in self._unfilled or self._head is None or day != self._head.day:
            raise BadArchive(f"order {order_id} is in it twice, or is of another day")
        self._unfilled[order_id] = int(order["filled_shares"])
        self._counts["order"] += 1

    def _known(self, row: Row) -> str:
        order_id = str(row["order_id"])
        if order_id not in self._unfilled:
            raise BadArchive(f"it has something of order {order_id}, and not the order")
        return order_id


def _day_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // MS_PER_SECOND, UTC).date().isoformat()
