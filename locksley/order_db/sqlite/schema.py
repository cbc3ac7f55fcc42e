"""The schema, as numbered migrations that are applied once each, in order."""

from collections.abc import Iterator
from importlib import resources

import apsw


class SchemaTooNewError(Exception):
    """The database was written by a newer Locksley; run that one, or restore a copy from before."""


def migrations() -> Iterator[tuple[int, str]]:
    """(number, SQL) of each `NNNN_name.sql`, in order."""
    folder = resources.files("locksley.order_db.sqlite") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            yield int(file.name.split("_")[0]), file.read_text()


def migrate(connection: apsw.Connection) -> None:
    """Bring the schema up to date; each migration is one transaction."""
    current = connection.pragma("user_version")
    known = list(migrations())
    if current > known[-1][0]:
        raise SchemaTooNewError(f"the database has schema {current}, this Locksley knows {known[-1][0]}")
    for number, sql in known:
        if number > current:
            with connection:
                connection.execute(sql)
                connection.pragma("user_version", number)
