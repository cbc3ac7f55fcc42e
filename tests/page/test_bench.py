"""The measurement of the page runs, in its short form, and finds figures of a plausible shape. How fast anything is, is not asked here."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN_S_MAX = 100


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
