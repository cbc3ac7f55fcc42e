"""The lines of the command line's page, run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.process import LocksleyUp
from tests.commands.command_line import CommandLine
from tests.project import tree

WRITTEN_URL = "http://127.0.0.1:8000"

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_line_works(tmp_path: Path) -> None:
    lines = "\n".join(_BLOCK.findall(tree.text("docs/command-line.md")))
    assert WRITTEN_URL in lines
    with LocksleyUp(tmp_path / "data", "--symbols", "50", log=tmp_path / "log") as running:
        script = f'set -euo pipefail\nlocksley() {{ {sys.executable} -m locksley "$@"; }}\n{lines.replace(WRITTEN_URL, running.url)}'
        environment = CommandLine(tmp_path / "config", running.url).environment
        done = subprocess.run(
            ["bash", "-c", script],
            env=environment,
            cwd=tree.ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done
    for said in (
        "marian@locksley.example",
        "Microsoft",
        "Bought 10 AAPL",
        "To take it back",
        "Cancelled",
        "Sold 4 AAPL",
    ):
        assert said in done.stdout
    assert "Traceback" not in done.stderr
