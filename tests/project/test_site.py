"""`make docs`: the documents as a site."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import tree

BROKEN = """# Other

[gone](gone.md)
[gone](index.md#gone-there)
[gone](#gone-here)
![gone](gone.png)

#### Too deep
"""

_FETCHED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="((?:https?:)?//[^"]*)"')


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """As people do, but to another place, and in the environment that runs this test."""
    command = ["make", "--assume-old=.venv/.ready", f"BIN={Path(sys.executable).parent}", f"SITE={site}", "docs"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=source, env=env, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    done = build(tree.ROOT, site)
    assert (done.returncode, done.stderr) == (0, "")
    return site


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A project with few documents, for what must not be in ours."""
    copy = tmp_path / "copy"
    for name in ("Makefile", "docs/conf.py", "docs/site/index.html"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.ROOT / name, copy / name)
    for name in (
        *("requirements.lock", "requirements-run.lock", "pyproject.toml", "scripts/make-environment"),
        *(".venv/.runnable", ".venv/.ready"),
    ):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).touch()
    (copy / "docs/index.md").write_text("# First\n\n```{toctree}\nother\n```\n")
    return copy


def test_every_document_is_in_it(site: Path) -> None:
    documents = [path for path in tree.files(".md") if path.parts[0] == "docs" or len(path.parts) == 1]
    assert [str(path) for path in documents if not (site / path.with_suffix(".html")).is_file()] == []
    assert "url=docs/index.html" in (site / "index.html").read_text()


def test_needs_no_other_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert [address for page in pages for address in _FETCHED.findall(page.read_text())] == []
    assert "furo.css" in (site / "docs/index.html").read_text()


def test_whatever_is_broken_ends_it(copy: Path, tmp_path: Path) -> None:
    (copy / "docs/other.md").write_text(BROKEN)
    (copy / "docs/alone.md").write_text("# Nothing leads here\n")
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0
    for said in (
        "'gone.md'",
        "'gone-there'",
        "'gone-here'",
        "gone.png",
        "Non-consecutive header level",
        "alone.md: WARNING: document isn't included in any toctree",
    ):
        assert said in done.stderr
