"""The lines of docs/api.md, run as they stand there against a broker as people start it."""

import json
import os
import re
import subprocess
from typing import Any

import pytest

from tests.acceptance.process import LocksleyUp
from tests.project import tree
from tests.project.test_readme import WRITTEN_ADDRESS, curl

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

# A stream is read up to its first line that matters; what the page says is refused must be.
CURL = r"""
set -euo pipefail
curl() {
    case " $* " in
        *" -N "*/orders/stream*) grep -m 1 '^data: ' < <($CURL "$@" 2>/dev/null) ;;
        *" -N "*) grep -m 1 '^data: {"symbol"' < <($CURL "$@" 2>/dev/null) ;;
        *"/NOSUCH ") ! $CURL "$@" 2>/dev/null && echo ;;
        *) $CURL "$@" && echo ;;
    esac
}
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed."""
    home = tmp_path_factory.mktemp("programmer")
    blocks = _BLOCK.findall(tree.text("docs/api.md"))
    with LocksleyUp(home / "data", "--symbols", "50", "--seed", "1", log=home / "log") as up:
        script = CURL + "\necho ==\n".join(blocks).replace(WRITTEN_ADDRESS, up.url)
        env = {**os.environ, "CURL": curl(), "PYTHONPATH": str(tree.ROOT)}
        done = subprocess.run(
            ["bash", "-c", script], cwd=home, env=env, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.split("==\n")


def answers(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.split("\n")]
    return [json.loads(line) for line in lines if line.startswith(("{", "["))]


def test_signed_in(said: list[str]) -> None:
    person, session = answers(said[0])
    assert session == {"user": person}


def test_token_of_a_program(said: list[str]) -> None:
    made, listed = answers(said[1])
    assert made["token"].startswith("lk_")
    assert [token["name"] for token in listed] == ["my program"]
    assert "token" not in listed[0]


def test_refused(said: list[str]) -> None:
    [problem] = answers(said[2])
    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_same_key_same_order(said: list[str]) -> None:
    first, again = answers(said[3])
    assert first["orderId"] == again["orderId"]


def test_lists(said: list[str]) -> None:
    assert re.search(r'^link: </symbols\?.*>; rel="next"', said[4], re.MULTILINE | re.IGNORECASE)
    symbols, orders, fills = answers(said[4])
    assert len(symbols) == 2
    assert [order["status"] for order in orders] == ["submitted"]
    assert fills == []
    assert "activityId,type,time," in said[4]


def test_streams(said: list[str]) -> None:
    [price], [order] = answers(said[5]), answers(said[6])
    assert price["symbol"] in ("AAPL", "META")
    assert order["symbol"] == "META"
