"""The unit for systemd: its options are ones that `locksley up` has, it is as closed as it says, and systemd reads it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from locksley.commands.up import up
from tests.project import tree

UNIT = "deploy/locksley.service"


def settings() -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.+)$", tree.text(UNIT), re.MULTILINE))


def test_options() -> None:
    program, command, *words = shlex.split(settings()["ExecStart"])
    assert (Path(program).name, command) == ("locksley", "up")
    parsed = up.make_context("up", words, resilient_parsing=False)
    assert isinstance(parsed, click.Context)
    assert str(parsed.params["data_dir"]) == f"/var/lib/{settings()['StateDirectory']}"


def test_closed() -> None:
    assert {
        "UMask": "0077",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "ProtectHome": "true",
        "PrivateTmp": "true",
        "CapabilityBoundingSet": "",
        "SystemCallFilter": "@system-service",
        "StateDirectoryMode": "0700",
    }.items() <= ({"CapabilityBoundingSet": ""} | settings()).items()
    assert "\nCapabilityBoundingSet=\n" in tree.text(UNIT)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_reads_it(tmp_path: Path) -> None:
    """With a program that is there, since what it names is not installed here."""
    unit = tmp_path / "locksley.service"
    unit.write_text(tree.text(UNIT).replace("/opt/locksley/bin/locksley", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
