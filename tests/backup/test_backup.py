"""Taking a backup and restoring it: whole or not at all, and never over anything."""

import gzip
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from locksley.backup import packing
from locksley.backup.packing import pack
from locksley.backup.snapshot import Snapshot
from locksley.backup.unpacking import BadBackup, check, unpack
from locksley.data_dir import DataDir
from locksley.order_db.sqlite.schema import migrate, newest_schema
from locksley.sqlite_copy import copy
from tests.backup.test_under_load import locksley

AT_MS = 1_795_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Iterator[DataDir]:
    """A data directory with somebody in it, and a writer that is at it."""
    path = tmp_path / "data"
    (path / "exchange.journal.trades").mkdir(parents=True)
    writer = apsw.Connection(str(path / "orders.sqlite"))
    writer.execute("PRAGMA journal_mode = WAL")
    migrate(writer)
    writer.execute("INSERT INTO accounts (user_id, cash_cents) VALUES ('ada', 4200)")
    (path / "signing_keys.json").write_text("[]")
    (path / "order_secret").write_text("ab" * 32 + "\n")
    (path / "exchange.journal").write_bytes(b"journal" * 1_000)
    (path / "exchange.journal.summary").write_bytes(b"summary")
    (path / "exchange.journal.trades" / f"{1:015d}.rows").write_bytes(b"rows" * 500)
    (path / "lock").touch()
    yield DataDir(path)
    writer.close()


def packed(home: DataDir) -> bytes:
    return b"".join(pack(Snapshot(home), home, AT_MS))


def backup_file(home: DataDir) -> Path:
    file = home.path.with_name("backup.gz")
    file.write_bytes(gzip.compress(packed(home), 1))
    return file


def files(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and not file.name.startswith("orders")
    }


def cash_cents(path: Path) -> int:
    connection = apsw.Connection(str(path / "orders.sqlite"))
    try:
        return int(connection.execute("SELECT cash_cents FROM accounts WHERE user_id = 'ada'").get)
    finally:
        connection.close()


def test_there_and_back(home: DataDir, tmp_path: Path) -> None:
    to = tmp_path / "restored"
    manifest = unpack(backup_file(home), to, newest_schema())
    assert manifest.taken_at_ms == AT_MS
    assert cash_cents(to) == 4_200
    assert files(to) == {name: data for name, data in files(home.path).items() if name != "lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in to.rglob("*") if file.is_file()} == {0o600}
    assert stat.S_IMODE(to.stat().st_mode) == 0o700
    assert [path.name for path in home.path.iterdir() if path.name.startswith("backup")] == []


def test_as_of_when_it_began(home: DataDir, tmp_path: Path) -> None:
    """What is written while it is read is not in it."""
    snapshot = Snapshot(home)
    other = apsw.Connection(str(home.database))
    other.execute("UPDATE accounts SET cash_cents = 1")
    with home.exchange_journal.open("ab") as journal:
        journal.write(b"more")
    (home.path / "exchange.journal.summary").unlink()
    file = tmp_path / "backup"
    file.write_bytes(b"".join(pack(snapshot, home, AT_MS)))
    unpack(file, tmp_path / "restored", newest_schema())
    assert cash_cents(tmp_path / "restored") == 4_200
    assert (tmp_path / "restored" / "exchange.journal").read_bytes() == b"journal" * 1_000
    assert (tmp_path / "restored" / "exchange.journal.summary").read_bytes() == b"summary"


@pytest.mark.parametrize("kept", [0.0, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("is_compressed", [True, False])
def test_cut_short(home: DataDir, tmp_path: Path, kept: float, is_compressed: bool) -> None:
    whole = backup_file(home).read_bytes() if is_compressed else packed(home).rstrip(b"\0")
    file = tmp_path / "short"
    file.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(BadBackup):
        unpack(file, tmp_path / "restored", newest_schema())
    assert not (tmp_path / "restored").exists()
    assert list(tmp_path.glob("*.partial")) == []


def test_changed_byte(home: DataDir, tmp_path: Path) -> None:
    whole = bytearray(packed(home))
    place = whole.index(b"journaljournal") + 7
    whole[place] ^= 1
    file = tmp_path / "changed"
    file.write_bytes(whole)
    with pytest.raises(BadBackup, match="not those that it was made of"):
        check(file)


def test_damaged_database(home: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged before it was backed up: SQLite's own check finds it."""

    def damaging(source: apsw.Connection, to: Path) -> None:
        copy(source, to)
        data = bytearray(to.read_bytes())
        data[4_096 * 3 : 4_096 * 3 + 64] = os.urandom(64)
        to.write_bytes(data)

    monkeypatch.setattr(packing, "copy", damaging)
    file = backup_file(home)
    with pytest.raises(BadBackup, match=r"orders.sqlite is damaged"):
        unpack(file, tmp_path / "restored", newest_schema())


def test_newer_schema(home: DataDir, tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="this Locksley knows up to 1"):
        unpack(backup_file(home), tmp_path / "restored", 1)


@pytest.mark.parametrize(
    "name", ["../orders.sqlite", "/etc/passwd", "orders.sqlite-wal", "exchange.journal.trades/../x"]
)
def test_foreign_member(home: DataDir, tmp_path: Path, name: str) -> None:
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    file = tmp_path / "foreign"
    file.write_bytes(text.getvalue())
    with pytest.raises(BadBackup, match="not of a backup"):
        unpack(file, tmp_path / "restored", newest_schema())


def test_over_something(home: DataDir, tmp_path: Path) -> None:
    file = backup_file(home)
    before = cash_cents(home.path)
    over_data = locksley("restore", str(file), "--data-dir", str(home.path))
    assert over_data.returncode == 2
    assert "not empty" in over_data.stderr
    over_file = locksley("backup", str(file), "--data-dir", str(home.path))
    assert over_file.returncode == 2
    assert "is there already" in over_file.stderr
    assert cash_cents(home.path) == before


def test_into_an_empty_directory(home: DataDir, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    unpack(backup_file(home), tmp_path / "empty", newest_schema())
    assert cash_cents(tmp_path / "empty") == 4_200


def test_while_nothing_runs(home: DataDir, tmp_path: Path) -> None:
    file = tmp_path / "cold.gz"
    taken = locksley("backup", str(file), "--data-dir", str(home.path))
    assert taken.returncode == 0, taken.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = locksley("restore", str(file), "--data-dir", str(tmp_path / "restored"))
    assert restored.returncode == 0, restored.stderr
    assert cash_cents(tmp_path / "restored") == 4_200


def test_no_data_directory(tmp_path: Path) -> None:
    taken = locksley("backup", str(tmp_path / "x"), "--data-dir", str(tmp_path / "nothing"))
    assert taken.returncode == 2
    assert "no data directory" in taken.stderr
    assert list(tmp_path.iterdir()) == []
