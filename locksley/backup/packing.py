"""A snapshot as a stream of bytes, a tar file; its last member says what all the others must be.

reads from: a snapshot. writes to: copies of the databases, in a folder of the data directory that goes when it is done; then to whoever
reads the stream. If it dies halfway, the file has no last member, and nobody takes it for whole; the folder goes with the next backup.
"""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Generator, Iterator
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import apsw
import msgspec

from locksley.backup.snapshot import Piece, Snapshot
from locksley.data_dir import DataDir
from locksley.sqlite_copy import copy, schema_of

FORMAT = 1
MANIFEST = "manifest.json"
FOLDER = "backup-under-way-"
CHUNK_BYTES = 1_048_576
BLOCK_BYTES = tarfile.BLOCKSIZE


class Member(msgspec.Struct, frozen=True):
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """`taken_at_ms` is by the broker's clock; `schema` that of the order database; `locksley` the version that made it."""

    format: int
    locksley: str
    schema: int
    taken_at_ms: int
    files: dict[str, Member]


def pack(snapshot: Snapshot, home: DataDir, taken_at_ms: int) -> Generator[bytes, None, None]:
    """Closes the snapshot. Every copy is made before the first bytes come. Raises `OSError`."""
    for left in home.path.glob(f"{FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=home.path))
    try:
        copies = []
        for name, connection in snapshot.databases.items():
            _copy(connection, folder / name)
            connection.close()
            copies.append(folder / name)
        yield from _members(snapshot, copies, taken_at_ms)
    finally:
        snapshot.close()
        shutil.rmtree(folder, ignore_errors=True)


def _copy(connection: apsw.Connection, to: Path) -> None:
    try:
        copy(connection, to)
    except apsw.Error as error:
        raise OSError(f"{to.name} could not be copied: {error}") from error


def _members(snapshot: Snapshot, copies: list[Path], taken_at_ms: int) -> Iterator[bytes]:
    files: dict[str, Member] = {}
    for path in copies:
        with path.open("rb") as file:
            yield from _member(Piece(path.name, file, path.stat().st_size), files)
    for piece in snapshot.pieces:
        yield from _member(piece, files)
    manifest = Manifest(FORMAT, metadata.version("locksley"), schema_of(copies[0]), taken_at_ms, files)
    text = msgspec.json.encode(manifest)
    yield from _member(Piece(MANIFEST, BytesIO(text), len(text)), {})
    yield bytes(2 * BLOCK_BYTES)


def _member(piece: Piece, files: dict[str, Member]) -> Iterator[bytes]:
    head = tarfile.TarInfo(piece.name)
    head.size, head.mode = piece.size_bytes, 0o600
    yield head.tobuf()
    digest = hashlib.sha256()
    for chunk in _chunks(piece.file, piece.size_bytes):
        digest.update(chunk)
        yield chunk
    yield bytes(-piece.size_bytes % BLOCK_BYTES)
    files[piece.name] = Member(piece.size_bytes, digest.hexdigest())


def _chunks(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left:
        chunk = file.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise OSError("a file of the data directory became shorter while it was copied")
        left -= len(chunk)
        yield chunk
