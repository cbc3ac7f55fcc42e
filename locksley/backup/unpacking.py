"""A backup back into a data directory: whole and checked, or not at all.

reads from: the file. writes to: a folder beside the data directory, which gets its name once everything in it is good and on the disk.
If it dies halfway, what is left ends in `.partial`; the next restore begins it anew.
"""

import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from locksley.backup.packing import CHUNK_BYTES, FORMAT, MANIFEST, Manifest, Member
from locksley.kept_file import sync
from locksley.sqlite_copy import schema_of, what_is_wrong

MANIFEST_BYTES_MAX = 4_194_304
_ITS_FILES = re.compile(
    r"(orders|bars)\.sqlite|signing_keys\.json|order_secret|demo\.json|exchange\.journal(\.summary|\.trades/\d{1,20}\.rows)?"
)
Take = Callable[[str, IO[bytes]], Member]


class BadBackup(Exception):
    """The file is no whole backup; the message says in one line what is wrong."""


def check(path: Path) -> Manifest:
    """Read it all. Raises `BadBackup`."""
    return _read(path, lambda _name, file: _drain(file, None))


def unpack(path: Path, data_dir: Path, newest_schema: int) -> Manifest:
    """Raises `BadBackup`, and `FileExistsError` where the data directory has something in it."""
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise FileExistsError(f"{data_dir} is there already and not empty")
    data_dir = data_dir.absolute()
    partial = data_dir.with_name(data_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        manifest = _read(path, lambda name, file: _write(partial / name, file))
        _check_databases(partial, manifest, newest_schema)
        for folder, _, _ in os.walk(partial):
            sync(Path(folder))
        partial.replace(data_dir)
        sync(data_dir.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def _check_databases(folder: Path, manifest: Manifest, newest_schema: int) -> None:
    for path in folder.glob("*.sqlite"):
        if (wrong := what_is_wrong(path)) is not None:
            raise BadBackup(f"its {path.name} is damaged: {wrong}")
    schema = schema_of(folder / "orders.sqlite")
    if schema != manifest.schema or schema > newest_schema:
        raise BadBackup(
            f"its database has schema {schema}, this Locksley knows up to {newest_schema}; restore it with Locksley "
            f"{manifest.locksley} or newer"
        )


def _read(path: Path, take: Take) -> Manifest:
    found: dict[str, Member] = {}
    manifest = None
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is None or manifest is not None:
                    raise BadBackup(f"it has {member.name}, which is not of a backup")
                if member.name == MANIFEST:
                    manifest = msgspec.json.decode(file.read(MANIFEST_BYTES_MAX), type=Manifest)
                elif _ITS_FILES.fullmatch(member.name) and member.name not in found:
                    found[member.name] = take(member.name, file)
                else:
                    raise BadBackup(f"it has {member.name}, which is not of a backup")
    except (tarfile.TarError, EOFError, zlib.error, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadBackup(f"it is cut short or damaged: {error}") from error
    if manifest is None:
        raise BadBackup("it is cut short: its last part is missing")
    if manifest.format != FORMAT:
        raise BadBackup(f"it is of format {manifest.format}, this Locksley knows {FORMAT}")
    if found != manifest.files or "orders.sqlite" not in found:
        raise BadBackup("its files are not those that it was made of")
    return manifest


def _write(path: Path, file: IO[bytes]) -> Member:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        member = _drain(file, written)
        written.flush()
        os.fsync(written.fileno())
    return member


def _drain(file: IO[bytes], to: IO[bytes] | None) -> Member:
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
        if to is not None:
            to.write(chunk)
    return Member(size_bytes, digest.hexdigest())
