import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from paper_exchange.cli import main
from tests.paper_exchange.process import Process, command, refused


def test_says_where_it_listens_and_stops_cleanly() -> None:
    with Process("--symbols", "10", "--trades-per-second", "200") as exchange:
        assert exchange.line.startswith("paper exchange listening on http://127.0.0.1:")
        assert exchange.ask("/status")["open"] is True
        assert exchange.stop() == (0, "")


def test_stops_cleanly_under_an_open_stream() -> None:
    with (
        Process("--symbols", "10", "--trades-per-second", "200") as exchange,
        urllib.request.urlopen(exchange.url + "/trades/stream?client=c&after=0", timeout=20) as stream,
    ):
        assert stream.readline().startswith(b'{"epoch":')
        assert exchange.stop() == (0, "")


def test_without_a_journal_the_epoch_is_new(tmp_path: Path) -> None:
    epochs = []
    for _ in range(2):
        with Process("--symbols", "10") as exchange:
            epochs.append(exchange.ask("/status")["epoch"])
            exchange.stop()
    assert epochs[0] < epochs[1]


def test_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = refused("--symbols", "10", "--port", str(port))
    assert (code, said.count("\n"), f"127.0.0.1:{port}" in said) == (2, 1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--speed", "fast"],
        ["--speed", "0"],
        ["--speed", "nan"],
        ["--port", "70000"],
        ["--sped", "1"],
        ["--replay", "missing.csv.gz"],
        ["--bars", "missing.csv.gz"],
        ["--symbols", "missing.csv"],
        ["--journal", "/proc/nowhere/journal"],
        ["--journal", "/"],
        ["extra"],
    ],
)
def test_wrong_option(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", *arguments])
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out, captured.err.count("\n")) == (2, "", 1), captured.err
    assert captured.err.startswith("paper-exchange: ")


def test_unwritable_journal(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    code, said = refused("--journal", tmp_path / "taken" / "journal")
    assert (code, said.count("\n")) == (2, 1)


def test_disk_is_full_at_the_first_start(tmp_path: Path) -> None:
    start = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command("--symbols", "10", "--journal", tmp_path / "journal")]
    done = subprocess.run(start, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert f"{tmp_path}/journal" in done.stderr


def test_summary_that_can_not_be_written_is_done_without(tmp_path: Path) -> None:
    """It only makes the next start quick."""
    with Process("--symbols", "10", "--journal", tmp_path / "journal") as exchange:
        (tmp_path / "journal.summary.new").mkdir()
        assert exchange.stop() == (0, "")
