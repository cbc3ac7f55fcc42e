"""The exchange's journal is gone at a restart: it begins a new epoch, and the broker goes on with it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.acceptance.process import LocksleyUp
from tests.acceptance.waiting import eventually
from tests.web.client import Client


def epoch_of(up: LocksleyUp) -> int:
    exchange = Client(int(up.exchange_url.rpartition(":")[2]))
    eventually("something traded", lambda: exchange.ask("GET", "/status").json["sequence"] > 0)
    return int(exchange.ask("GET", "/status").json["epoch"])


def has_position(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT 1 FROM feed_position").fetchone() is not None


def test_lost_journal(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with LocksleyUp(data_dir, "--symbols", "5", log=tmp_path / "log") as up:
        before = epoch_of(up)
        eventually("the broker has kept how far it is", lambda: has_position(data_dir / "orders.sqlite"))
        assert up.interrupt() == 0
    for file in [*data_dir.glob("exchange.journal.trades/*"), *data_dir.glob("exchange.journal*")]:
        file.rmdir() if file.is_dir() else file.unlink()
    with LocksleyUp(data_dir, "--symbols", "5", log=tmp_path / "log") as up:
        assert epoch_of(up) > before
        eventually("the broker has noticed", lambda: '"feed_new_epoch"' in up.log)
        eventually("it is ready", lambda: Client(up.port).ask("GET", "/readyz").status == 200)
        assert up.interrupt() == 0
