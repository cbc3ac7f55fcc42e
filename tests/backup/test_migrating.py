"""A database of an older Locksley is copied before it is brought up to date."""

from pathlib import Path

import apsw
import pytest

from locksley.order_db.sqlite import schema
from locksley.order_db.sqlite.schema import SchemaTooNewError, migrate, migrations
from locksley.sqlite_copy import what_is_wrong


def older(path: Path, until: int) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    for number, sql in migrations():
        if number <= until:
            connection.execute(sql)
            connection.pragma("user_version", number)
    connection.execute("INSERT INTO accounts (user_id, cash_cents) VALUES ('ada', 4200)")
    return connection


def test_copy_before_migrating(tmp_path: Path) -> None:
    connection = older(tmp_path / "orders.sqlite", until=1)
    migrate(connection)
    connection.execute("UPDATE accounts SET cash_cents = 0")
    [copied] = tmp_path.glob("orders.sqlite.schema-1.20*Z")
    assert what_is_wrong(copied) is None
    before = apsw.Connection(str(copied))
    assert before.pragma("user_version") == 1
    assert before.execute("SELECT user_id, cash_cents FROM accounts").fetchall() == [("ada", 4200)]
    assert connection.pragma("user_version") == schema.newest_schema()


def test_copy_of_nothing(tmp_path: Path) -> None:
    """A new database, and one that is up to date, are not copied."""
    path = tmp_path / "orders.sqlite"
    migrate(apsw.Connection(str(path)))
    migrate(apsw.Connection(str(path)))
    assert [file.name for file in tmp_path.iterdir()] == ["orders.sqlite"]


def test_failed_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is there, and the database as it was."""
    connection = older(tmp_path / "orders.sqlite", until=1)
    monkeypatch.setattr(schema, "migrations", lambda: iter([(1, ""), (2, "CREATE TABLE one (x); SELECT no_such()")]))
    with pytest.raises(apsw.SQLError, match="no_such"):
        migrate(connection)
    assert connection.pragma("user_version") == 1
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'one'").fetchall() == []
    assert len(list(tmp_path.glob("orders.sqlite.schema-1.*Z"))) == 1


def test_newer_database(tmp_path: Path) -> None:
    connection = older(tmp_path / "orders.sqlite", until=1)
    connection.pragma("user_version", 9_999)
    with pytest.raises(SchemaTooNewError, match="schema 9999"):
        migrate(connection)
    assert list(tmp_path.glob("*.schema-*")) == []
