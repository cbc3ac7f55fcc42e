"""A backup where there is no room for it: refused as everything else is, with nothing left behind, and taken once there is room."""

import json
import os
import subprocess
import sys
from pathlib import Path

from locksley.data_dir import DataDir
from tests.acceptance.process import LocksleyUp
from tests.acceptance.residents import move_in
from tests.backup.test_under_load import locksley
from tests.kills.disk import UnwritableFiles
from tests.web.client import Client

BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))
from locksley.cli import main
main(sys.argv[1:])
"""


def names(path: Path) -> set[str]:
    return {child.name for child in path.iterdir()}


def test_of_a_running_broker(tmp_path: Path) -> None:
    data_dir, file = tmp_path / "data", tmp_path / "backup.gz"
    move_in(data_dir, 1)
    with LocksleyUp(data_dir, "--symbols", "3", log=tmp_path / "log") as broker:
        operator = Client(broker.port, json.loads(DataDir(data_dir).operator.read_text())["token"])
        disk = UnwritableFiles(broker.process.pid)
        before = names(data_dir)
        disk.fill()
        for _ in range(2):
            refused = operator.ask("POST", "/operator/backup")
            assert (refused.status, refused.code) == (503, "storage_unavailable")
            assert int(refused.headers["retry-after"]) >= 1
            assert "no backup was taken" in refused.json["detail"]
        by_command = locksley("backup", str(file), "--data-dir", str(data_dir))
        assert (by_command.returncode, by_command.stderr.count("\n")) == (1, 1), by_command.stderr
        assert "503 The data directory has no room" in by_command.stderr
        assert names(data_dir) == before
        assert names(tmp_path) == {"data", "log"}
        disk.make_room()
        taken = locksley("backup", str(file), "--data-dir", str(data_dir))
        assert taken.returncode == 0, taken.stderr
        assert names(data_dir) == before


def test_while_nothing_runs(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    move_in(data_dir, 1)
    before = names(data_dir)
    words = ["backup", str(tmp_path / "backup.gz"), "--data-dir", str(data_dir)]
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, *words],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "nothing was kept" in done.stderr
    assert names(data_dir) >= before
    assert not [name for name in names(data_dir) if name.startswith("backup")]
    assert names(tmp_path) == {"data"}
