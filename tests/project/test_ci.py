"""`.ci/run`, with a `make` that notes what it was called for and fails where it is told to."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.project import tree

MAKE = """#!/bin/sh
echo "$1 in $(pwd -P)" >> "$CALLED"
case " $FAILING " in *" $1 "*) exit 2 ;; esac
"""


@pytest.fixture
def called(tmp_path: Path) -> Path:
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    return tmp_path / "called"


def ci_run(called: Path, failing: str = "") -> subprocess.CompletedProcess[str]:
    """From a directory that is not the project's."""
    env = {"PATH": f"{called.parent}:{os.environ['PATH']}", "CALLED": str(called), "FAILING": failing}
    command = [str(tree.ROOT / ".ci/run")]
    return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(("failing", "code"), [("", 0), ("lint", 1), ("test", 1), ("lint test", 1)])
def test_lint_and_test_both_run_in_the_project(called: Path, failing: str, code: int) -> None:
    done = ci_run(called, failing)
    assert called.read_text().splitlines() == [f"lint in {tree.ROOT}", f"test in {tree.ROOT}"]
    assert done.returncode == code
    assert done.stderr == (f"== failed: {failing}\n" if failing else "")
