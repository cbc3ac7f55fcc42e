"""`locksley archive`: days of closed orders into files of their own, and these checked. Nothing is removed; docs/running.md says why."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from locksley.backup.archive_file import FORMAT, WHAT, BadArchive, End, Head, name_of, write
from locksley.backup.archive_file import check as check_file
from locksley.commands.data_dir_option import data_dir_option
from locksley.commands.failing import BadUse, Failed

if TYPE_CHECKING:
    from locksley.order_db.upkeep import OldRow

EPOCH = date(1970, 1, 1)
NAMES = "orders-*.jsonl.gz"
_PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "--before", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Days before this one (UTC), as 2026-11-22."
)
@click.option(
    "--to", "folder", type=_PATH, metavar="DIR", help="Where the files go, one a day; made where it is missing."
)
@click.option("--check", "checked", type=_PATH, multiple=True, metavar="FILE", help="Read a file, or all in a folder.")
@data_dir_option("The broker's.")
def archive(before: datetime | None, folder: Path | None, checked: tuple[Path, ...], data_dir: Path) -> None:
    """Closed orders, their fills and their audit rows into a file for each day, while the broker runs or while it does not.

    Nothing is removed from the data directory: the books are proved by every fill, and the audit log is never cut.
    """
    if checked and before is None and folder is None:
        _check(checked)
    elif before is not None and folder is not None and not checked:
        _archive(before.date(), folder, data_dir)
    else:
        raise BadUse("say --before DATE --to DIR to write an archive, or --check FILE to read one")


def _archive(before: date, folder: Path, data_dir: Path) -> None:
    from locksley.embedded import old_orders  # noqa: PLC0415  (so that --help does not wait for it)

    if before > datetime.now(UTC).date():
        raise BadUse(f"{before} has not begun yet, and what is archived must be over; name today or a day before it")
    if not (data_dir / "orders.sqlite").exists():
        raise BadUse(f"{data_dir} is no data directory; name the broker's with --data-dir")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadUse(f"{folder}: {error.strerror or error}; name a folder that can be written to") from None
    with old_orders(data_dir / "orders.sqlite", before) as (schema, rows):
        days = orders = 0
        for day, of_day in groupby(rows, key=lambda row: row.day):
            end = _write(folder, EPOCH + timedelta(day), schema, of_day)
            days, orders = days + 1, orders + end.orders
    click.echo(f"{folder}: {_many(days, 'day')}, {_many(orders, 'order')} closed before {before}")


def _write(folder: Path, day: date, schema: int, rows: "Iterator[OldRow]") -> End:
    """A day that is there already is read, and left as it is."""
    path = folder / name_of(day)
    head = Head(WHAT, FORMAT, day.isoformat(), schema, metadata.version("locksley"))
    try:
        there = path.exists()
        end = check_file(path) if there else write(path, head, ((row.kind, row.row) for row in rows))
    except BadArchive as error:
        raise Failed(f"{path}: {error}; the days before it are done") from None
    except OSError as error:
        raise Failed(f"{path}: {error.strerror or error}; the days before it are done") from None
    click.echo(f"{path.name}: {_of(end)}{', was there already' if there else ''}", err=True)
    return end


def _check(paths: Sequence[Path]) -> None:
    bad = 0
    files = list(_files(paths))
    for path in files:
        try:
            click.echo(f"{path}: {_of(check_file(path))}")
        except BadArchive as error:
            bad += 1
            click.echo(f"{path}: {error}", err=True)
        except OSError as error:
            raise BadUse(f"{path}: {error.strerror or error}") from None
    if bad:
        raise Failed(
            f"{bad} of {_many(len(files), 'file')} can not be trusted; write these days anew, from a backup if need be"
        )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.glob(NAMES)) if path.is_dir() else [path]
        if not found:
            raise BadUse(f"{path} has no archive in it; those are named {NAMES}")
        yield from found


def _of(end: End) -> str:
    return f"{_many(end.orders, 'order')}, {_many(end.fills, 'fill')}, {_many(end.audit, 'audit row')}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
