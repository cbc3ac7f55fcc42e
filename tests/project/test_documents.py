"""What the documents say is there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.project import tree

DOCUMENTS = tree.files(".md")

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_QUOTED = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"`make ([a-z-]+)|^ {4}(?:\$ )?make ([a-z-]+)", re.MULTILINE)
_FILE = re.compile(r"[\w./*-]+\.(?:py|sql|md|toml|csv)")
_FOLDER = re.compile(r"(?:locksley|paper_exchange|simulation|tests|docs|bench|scripts)/[\w./-]*")
_TARGET = re.compile(r"^([a-z-]+):.* ## ", re.MULTILINE)
_PHONY = re.compile(r"^\.PHONY: (.*)$", re.MULTILINE)
_WRITTEN_BY_USERS = {"symbols.csv", "trades.csv", "quotes.csv", "daily.csv"}

MAKEFILE = tree.text("Makefile")


def heading_anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", tree.text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def names_of(document: Path) -> list[str]:
    """Every file and folder that a document names in backquotes."""
    words = [word for quoted in _QUOTED.findall(_FENCED.sub("", tree.text(document))) for word in quoted.split()]
    return [word for word in words if _FILE.fullmatch(word) or _FOLDER.fullmatch(word)]


def is_there(name: str) -> bool:
    pattern = name.rstrip("/")
    return (tree.ROOT / pattern).is_dir() or any(
        path.match(pattern) or pattern in map(str, path.parents) for path in tree.files()
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_resolve(document: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", tree.text(document))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (tree.ROOT / document.parent / name).resolve() if name else tree.ROOT / document
        if not target.exists() or (anchor and anchor not in heading_anchors(target.relative_to(tree.ROOT))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_named_files_exist(document: Path) -> None:
    made_up = {name for name in names_of(document) if name.startswith("NNNN") or name in _WRITTEN_BY_USERS}
    assert [name for name in names_of(document) if name not in made_up and not is_there(name)] == []


def test_every_decision_is_linked_from_the_architecture() -> None:
    architecture = tree.text("docs/ARCHITECTURE.md")
    decisions = [
        path for path in tree.files(".md") if path.parent == Path("docs/decisions") and path.name != "README.md"
    ]
    assert [path.name for path in decisions if f"(decisions/{path.name})" not in architecture] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_named_make_targets_exist(document: Path) -> None:
    named = {first or second for first, second in _MAKE.findall(tree.text(document))}
    assert named <= set(_TARGET.findall(MAKEFILE))


def test_contributing_lists_every_make_target() -> None:
    listed = set(re.findall(r"^\| `make ([a-z-]+)", tree.text("CONTRIBUTING.md"), re.MULTILINE))
    assert listed == set(_TARGET.findall(MAKEFILE)) - {"help"}


def test_make_help_lists_every_target() -> None:
    [phony] = _PHONY.findall(MAKEFILE)
    done = subprocess.run(["make", "help"], cwd=tree.ROOT, capture_output=True, text=True, timeout=20, check=True)
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert sorted(listed) == sorted(phony.split())
