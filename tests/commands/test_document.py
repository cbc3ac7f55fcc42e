"""The lines of the command line's page, run as they stand there."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.process import LocksleyUp
from tests.commands.command_line import CommandLine
from tests.project import tree

WRITTEN_URL = "http://127.0.0.1:8000"

PAGES_THAT_SIGN_UP = ("README.md", "docs/api.md", "docs/client.md", "docs/command-line.md")
TOP_CHARS = 1_000

_SIGNED_UP = re.compile(r"""(?:signup |sign_up\("|"email": ")([a-z]+@locksley\.example)""")
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


def test_every_page_signs_up_somebody_of_its_own() -> None:
    """All pages may be followed on one broker."""
    people = [set(_SIGNED_UP.findall(tree.text(page))) for page in PAGES_THAT_SIGN_UP]
    assert all(people)
    assert set(Counter(email for page in people for email in page).values()) == {1}


@pytest.mark.parametrize("page", ["docs/command-line.md", "docs/client.md", "docs/running.md"])
def test_page_says_where_the_command_and_its_python_are(page: str) -> None:
    top = tree.text(page)[:TOP_CHARS]
    assert ".venv/bin/python" in top
    assert "make .venv/.ready" in top
