"""What `locksley up` can not do anything with ends it at once: one line that says what is wrong, exit code 2, nothing left running."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from tests.acceptance.process import LocksleyUp, listed, port_of
from tests.tapes import TRADES_HEADER, write_gzip

REFUSED_S_MAX = 40
ANY = ("--port", "0", "--exchange-port", "0")


def refused(*arguments: str, limit: tuple[str, ...] = ()) -> str:
    """The one line. `limit`: the command that runs it within a bound."""
    done = subprocess.run(
        [*limit, sys.executable, "-m", "locksley", *arguments],
        capture_output=True,
        text=True,
        timeout=REFUSED_S_MAX,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert "Traceback" not in done.stderr
    return done.stderr


def nothing_runs_in(folder: Path) -> bool:
    return all(str(folder) not in one.command for one in listed())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--sped", "2"], "--sped"),
        (["--port", "70000"], "--port"),
        (["--exchange-url", "http://127.0.0.1:9", "--seed", "1"], "--exchange-url"),
        (["--exchange-url", "nowhere"], "nowhere"),
        (["--exchange-url", "http://["], "http://["),
        (["--exchange-url", "http://127.0.0.1:99999"], ":99999"),
        (["--exchange-url", "http://127.0.0.1:abc"], ":abc"),
        ([*ANY, "--exchange-client", "two words"], "two words"),
        ([*ANY, "--speed", "fast"], "fast"),
        ([*ANY, "--replay", "missing.csv.gz"], "missing.csv.gz"),
        ([*ANY, "--bars", "missing.csv.gz", "--symbols", "5"], "--symbols"),
    ],
)
def test_wrong_option(arguments: list[str], named: str, tmp_path: Path) -> None:
    assert named in refused("up", "--data-dir", str(tmp_path / "data"), *arguments)
    assert nothing_runs_in(tmp_path)


def test_unknown_command() -> None:
    assert "down" in refused("down")


def test_malformed_tape(tmp_path: Path) -> None:
    tape = tmp_path / "trades.csv.gz"
    write_gzip(tape, TRADES_HEADER, ["1351864800000000000,META,21.18,100", "1351864800000000000,META,cheap,100"])
    said = refused("up", *ANY, "--data-dir", str(tmp_path / "data"), "--replay", str(tape))
    assert f"{tape}, line 3: " in said
    assert nothing_runs_in(tmp_path)


def test_unwritable_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    for place in (tmp_path / "file" / "data", Path("/proc/locksley")):
        said = refused("up", *ANY, "--data-dir", str(place))
        assert str(place) in said
        assert "--data-dir" in said


def garbage(file: Path) -> None:
    file.write_bytes(b"no database" * 1_000)


def truncated(file: Path) -> None:
    """A database of many pages, the newer half of them lost."""
    connection = apsw.Connection(str(file))
    connection.execute("CREATE TABLE rows (text TEXT)")
    connection.executemany("INSERT INTO rows VALUES (?)", [("x" * 2_000,) for _ in range(20)])
    connection.close()
    os.truncate(file, file.stat().st_size // 2)


DAMAGES = [garbage, truncated, Path.mkdir]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_database(damage: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "data" / "orders.sqlite"
    file.parent.mkdir()
    damage(file)
    said = refused("up", "--exchange-url", "http://127.0.0.1:9", "--port", "0", "--data-dir", str(file.parent))
    assert str(file) in said
    assert "`locksley restore`" in said


def without_rights() -> tuple[str, ...]:
    """Even root is held to the rights of files, as anybody else is."""
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


def test_order_index_that_may_not_be_read(tmp_path: Path) -> None:
    index = tmp_path / "data" / "order_index"
    index.mkdir(parents=True)
    (index / "CURRENT").write_text("MANIFEST-000001\n")
    words = ("up", "--exchange-url", "http://127.0.0.1:9", "--port", "0", "--data-dir", str(index.parent))
    for denied in (index, index / "CURRENT"):
        rights = denied.stat().st_mode
        denied.chmod(0)
        try:
            said = refused(*words, limit=without_rights())
        finally:
            denied.chmod(rights)
        assert f"{denied} may not be read and written by whoever runs this (user id {os.geteuid()})" in said
        assert f"or remove {index}, which is built again from the database" in said
        assert "restore" not in said
        assert (index / "CURRENT").read_text() == "MANIFEST-000001\n"


def test_database_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "data" / "orders.sqlite"
    file.parent.mkdir()
    file.touch(0o400)
    said = refused(
        *("up", "--exchange-url", "http://127.0.0.1:9", "--port", "0", "--data-dir", str(file.parent)),
        limit=without_rights(),
    )
    assert f"{file} may not be read and written" in said
    assert "chown" in said
    assert "damaged" not in said


def test_disk_that_takes_no_more(tmp_path: Path) -> None:
    """No file may grow past what a new database needs."""
    said = refused(
        *("up", "--exchange-url", "http://127.0.0.1:9", "--port", "0", "--data-dir", str(tmp_path / "data")),
        limit=("prlimit", "--fsize=40960"),
    )
    assert str(tmp_path / "data") in said
    assert "has room" in said


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bars_are_put_aside(damage: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "data" / "bars.sqlite"
    file.parent.mkdir()
    damage(file)
    with LocksleyUp(tmp_path / "data", "--symbols", "5", log=tmp_path / "log") as up:
        assert len(list(file.parent.glob("bars.sqlite.damaged.*"))) == 1
        assert '"bars_damaged"' in up.log
        assert up.interrupt() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_ports_and_directory_in_use(tmp_path: Path) -> None:
    other = ("--data-dir", str(tmp_path / "other"))
    with LocksleyUp(tmp_path / "data", "--symbols", "5", log=tmp_path / "log") as first:
        assert "in use by another broker" in refused("up", *ANY, "--data-dir", str(tmp_path / "data"))
        port, exchange_port = str(first.port), str(port_of(first.exchange_url))
        assert f"port {port}" in refused("up", "--port", port, "--exchange-port", "0", *other)
        exchanges = refused("up", "--port", "0", "--exchange-port", exchange_port, *other)
        assert f":{exchange_port}" in exchanges
        assert "another port (--port, and --exchange-port where a broker starts the exchange)" in exchanges
        assert nothing_runs_in(tmp_path / "other")
        assert first.interrupt() == 0
