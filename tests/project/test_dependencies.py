"""The lock file: everything that is needed, nothing that is not pinned to its content."""

import re
import tomllib
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project import tree

_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)( ; [^\\]+)? \\")
_HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")


class Pinned(NamedTuple):
    name: str
    version: Version


LOCKS = ("requirements.lock", "requirements-run.lock")


def locked(lock: str = "requirements.lock") -> list[Pinned]:
    matches = [_PINNED.fullmatch(line) for line in tree.text(lock).splitlines()]
    return [Pinned(canonicalize_name(found[1]), Version(found[2])) for found in matches if found]


def needed() -> list[Requirement]:
    project = tomllib.loads(tree.text("pyproject.toml"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return [Requirement(line) for lines in lists for line in lines]


def test_lock_covers_every_dependency() -> None:
    pinned = locked()
    assert needed()
    assert [
        str(need)
        for need in needed()
        if not any(pin.name == canonicalize_name(need.name) and pin.version in need.specifier for pin in pinned)
    ] == []


def test_short_lock_is_part_of_the_whole_and_covers_what_runs() -> None:
    project = tomllib.loads(tree.text("pyproject.toml"))
    needs = [Requirement(line) for line in [*project["project"]["dependencies"], *project["dependency-groups"]["run"]]]
    short = locked("requirements-run.lock")
    assert set(short) < set(locked())
    assert {canonicalize_name(need.name) for need in needs} <= {pin.name for pin in short}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_versions_and_hashes_only(lock: str) -> None:
    lines = tree.text(lock).splitlines()
    assert [line for line in lines if not _PINNED.fullmatch(line) and not _HASH.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    lines = tree.text(lock).splitlines()
    pins = [number for number, line in enumerate(lines) if _PINNED.fullmatch(line)]
    assert pins
    assert [lines[number] for number in pins if not _HASH.fullmatch([*lines, ""][number + 1])] == []
