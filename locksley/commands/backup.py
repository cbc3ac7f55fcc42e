"""`locksley backup` and `locksley restore`."""

import gzip
import http.client
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from locksley.backup.packing import Manifest, pack
from locksley.backup.snapshot import Snapshot
from locksley.backup.unpacking import BadBackup, check, unpack
from locksley.commands import operator_call
from locksley.commands.data_dir_option import data_dir_option
from locksley.commands.failing import BadUse, Failed
from locksley.commands.formats import when
from locksley.config import ConfigError
from locksley.data_dir import lock

ANSWER_S_MAX = 600
CHUNK_BYTES = 262_144
PROBLEM_BYTES_MAX = 16_384
MS_PER_SECOND = 1_000

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@_FILE
@data_dir_option("The broker's.")
def backup(file: Path, data_dir: Path) -> None:
    """The data directory into FILE, whether the broker runs or not. FILE is written whole or not at all, and never over another.

    It has everything: orders, people, keys, the journal of the paper exchange. Keep it as safe as the data directory.
    """
    if file.exists():
        raise BadUse(f"{file} is there already; name another file")
    partial = file.with_name(file.name + ".partial")
    try:
        _write(partial, _chunks(data_dir))
        manifest = check(partial)
        os.link(partial, file)
    except FileExistsError:
        raise BadUse(f"{file} is there already; name another file") from None
    except BadBackup as error:
        raise Failed(f"the backup did not arrive whole ({error}); take it again") from None
    except OSError as error:
        raise Failed(f"{file}: {error.strerror or error}; nothing was kept") from None
    finally:
        partial.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size:,} bytes, {_of(manifest)}")


@click.command()
@_FILE
@click.option("--data-dir", type=click.Path(path_type=Path), required=True, metavar="DIR", help="New, or empty.")
def restore(file: Path, data_dir: Path) -> None:
    """A backup into a new data directory, checked first: every file, the databases' own integrity, the schema's version."""
    from locksley.order_db.sqlite.schema import newest_schema  # noqa: PLC0415  (only this command needs it)

    try:
        manifest = unpack(file, data_dir, newest_schema())
    except BadBackup as error:
        raise Failed(f"{file} was not restored: {error}") from None
    except FileExistsError as error:
        raise BadUse(f"{error}; name a new one") from None
    except OSError as error:
        raise BadUse(f"{error.filename or file}: {error.strerror or error}") from None
    click.echo(f"{data_dir}: {_of(manifest)}; start it: locksley up --data-dir {data_dir}")


def _of(manifest: Manifest) -> str:
    taken = datetime.fromtimestamp(manifest.taken_at_ms // MS_PER_SECOND, UTC)
    return f"{len(manifest.files):,} files as of {when(taken)}"


def _write(partial: Path, chunks: Iterable[bytes]) -> None:
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
            for chunk in chunks:
                packed.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _chunks(data_dir: Path) -> Iterator[bytes]:
    if not (data_dir / "orders.sqlite").exists():
        raise BadUse(f"{data_dir} is no data directory; name the broker's with --data-dir")
    try:
        with lock(data_dir) as home, lock(data_dir, "exchange.lock"):
            yield from pack(Snapshot(home), home, int(datetime.now(UTC).timestamp() * MS_PER_SECOND))
    except ConfigError:
        yield from _from_broker(data_dir)


def _from_broker(data_dir: Path) -> Iterator[bytes]:
    url, token = operator_call.access(data_dir)
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_S_MAX)
    try:
        connection.request("POST", "/operator/backup", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise Failed(f"the broker at {url} refused: {response.status} {_why(response.read(PROBLEM_BYTES_MAX))}")
        while chunk := response.read(CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"the broker at {url} did not give it all: {str(error) or type(error).__name__}") from None
    finally:
        connection.close()


def _why(body: bytes) -> str:
    """What a problem says, or as much of whatever else came."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, LookupError, TypeError):
        return body[:500].decode(errors="replace")
