"""The schema, as numbered migrations that are applied once each, in order. A database that is in use is copied first."""

import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import apsw

from locksley.config import ConfigError
from locksley.sqlite_copy import copy


class SchemaTooNewError(ConfigError):
    """The database was written by a newer Locksley; run that one, or restore a copy from before."""


def migrations() -> Iterator[tuple[int, str]]:
    """(number, SQL) of each `NNNN_name.sql`, in order."""
    folder = resources.files("locksley.order_db.sqlite") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            yield int(file.name.split("_")[0]), file.read_text()


def newest_schema() -> int:
    return max(number for number, _ in migrations())


def migrate(connection: apsw.Connection) -> None:
    """Bring the schema up to date; each migration is one transaction."""
    current = connection.pragma("user_version")
    known = list(migrations())
    if current > known[-1][0]:
        raise SchemaTooNewError(
            f"the database has schema {current}, this Locksley knows up to {known[-1][0]}; "
            "run the newer one, or restore a backup from before it"
        )
    if 0 < current < known[-1][0]:
        _copy_beside(connection, current)
    for number, sql in known:
        if number > current:
            with connection:
                connection.execute(sql)
                connection.pragma("user_version", number)


def _copy_beside(connection: apsw.Connection, schema: int) -> None:
    """`orders.sqlite.schema-3.2026-11-22T22-40-00Z`: what a person goes back to when an upgrade went wrong."""
    if path := connection.filename:
        now = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        copy(connection, Path(f"{path}.schema-{schema}.{now}"))
