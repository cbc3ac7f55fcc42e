"""The measurement of the page runs, in its short form, and finds figures of a plausible shape. How fast anything is, is not asked here."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN_S_MAX = 100
STOP_S_MAX = 30


def test_short_form(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    words = ["--short", "--symbols", "40", "--trades-per-second", "100", "--json", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.page", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    first, live, memory = json.loads(path.read_bytes())["tables"]
    assert 0 < first["rows"][0][2]["least"] <= first["rows"][0][2]["most"]
    for name, count, *quantiles in live["rows"]:
        assert count > 20, name
        assert quantiles == sorted(quantiles), name
    assert all(megabytes > 0.5 for _, megabytes in memory["rows"])


def test_ctrl_c_ends_it_quietly() -> None:
    """As from a terminal: the browser's driver is interrupted too."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.page", "--short", "--minutes", "2", "--symbols", "10"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        next(line for line in running.stderr if line.startswith("cold load 2 of 2"))
        os.killpg(running.pid, signal.SIGINT)
        out, rest = running.communicate(timeout=STOP_S_MAX)
    assert (running.returncode, out) == (1, "")
    assert "Traceback" not in rest
    assert "never retrieved" not in rest
