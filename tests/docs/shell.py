"""The shell lines of a document, and a newcomer's directory to run them in."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.commands.command_line import CommandLine
from tests.openapi.test_guide import CURL
from tests.project import tree
from tests.project.test_readme import WRITTEN_ADDRESS, curl

RUN_MS_MAX = 100_000
MS_PER_SECOND = 1_000

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[str]:
    return _BLOCK.findall(tree.text(document))


class Newcomer:
    """In a directory that has the environment where a clone has it, and in which `data/` is the broker's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / ".venv").symlink_to(sys.prefix)

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    def run(self, lines: list[str], address: str) -> list[str]:
        """What each of the blocks printed. Every line has to end well."""
        assert any(WRITTEN_ADDRESS in block for block in lines)
        script = CURL + "\necho ==\n".join(lines).replace(WRITTEN_ADDRESS, address)
        environment = CommandLine(self.home / "config", address).environment
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.home,
            env={**environment, "CURL": curl(), "PYTHONPATH": os.fspath(tree.ROOT)},
            capture_output=True,
            text=True,
            timeout=RUN_MS_MAX / MS_PER_SECOND,
            check=False,
        )
        assert done.returncode == 0, done
        assert "Traceback" not in done.stderr
        return done.stdout.split("==\n")
