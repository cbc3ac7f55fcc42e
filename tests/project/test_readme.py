"""The README's lines, run as they stand there against what `make run` starts."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.project import tree
from tests.project.make_run import MakeRun

WRITTEN_ADDRESS = "http://127.0.0.1:8000"
DEADLINE_S = 30
POLL_S = 0.02

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

# A stream is read up to its first line that matters; everything else must be answered well.
# A token can hold "-N" too: a word of its own counts.
CURL = r"""
set -euo pipefail
curl() {
    case " $* " in
        *" -N "*/orders/stream*) grep -m 1 '^retry:' < <($CURL "$@" 2>/dev/null) ;;
        *" -N "*) grep -m 1 '^data: {"symbol"' < <($CURL "$@" 2>/dev/null) ;;
        *) $CURL "$@" && echo ;;
    esac
}
"""


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{page.name}" for page in (tree.ROOT / "docs").glob("*.md"))])
def test_no_progress_meter_where_an_answer_is_caught(page: str) -> None:
    """curl shows one as soon as its output goes into a variable, a pipe or a file."""
    lines = "".join(_BLOCK.findall(tree.text(page))).replace("\\\n", " ").splitlines()
    caught = [line for line in lines if re.search(r"\$\(curl |curl [^#]*[^2] [|>] ", line)]
    assert all("curl -sS " in line for line in caught), caught


def curl() -> str:
    found = shutil.which("curl")
    return f"{found} -sS --max-time 20 --fail-with-body" if found else f"{sys.executable} -m tests.project.curl"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[MakeRun]:
    running = MakeRun(home / "data")
    try:
        ready(running.address)
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def said(home: Path, running: MakeRun) -> list[list[str]]:
    """What each block of the README printed, line by line."""
    blocks = _BLOCK.findall(tree.text("README.md"))
    assert WRITTEN_ADDRESS in blocks[0]
    script = CURL + "\necho ==\n".join(blocks).replace(WRITTEN_ADDRESS, running.address)
    env = {**os.environ, "CURL": curl(), "PYTHONPATH": str(tree.ROOT)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=home, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return [part.split("\n") for part in done.stdout.split("==\n")]


def ready(address: str) -> None:
    give_up_at_s = time.monotonic() + DEADLINE_S
    while True:
        try:
            with urlopen(f"{address}/readyz", timeout=DEADLINE_S):
                return
        except HTTPError as error:
            if error.code != 503 or time.monotonic() > give_up_at_s:
                raise
            time.sleep(POLL_S)


def answers(lines: list[str]) -> list[Any]:
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith(("{", "[", "data: "))]


def test_prices(said: list[list[str]]) -> None:
    live, meta, found = answers(said[1])
    assert live["symbol"] in ("AAPL", "META", "MSFT")
    assert live["priceInCents"] > 0
    assert (meta["symbol"], meta["stale"]) == ("META", False)
    assert 0 < len(found) <= 5


def test_same_key_same_order(said: list[list[str]]) -> None:
    first, again = answers(said[2])
    assert (first["position"], first["symbol"], first["numShares"]) == ("buy", "AAPL", 10)
    assert again["orderId"] == first["orderId"]


def test_limit_order_cancelled(said: list[list[str]]) -> None:
    cancelled, events = answers(said[3])
    assert (cancelled["ok"], cancelled["order"]["status"], cancelled["order"]["filledShares"]) == (True, "cancelled", 0)
    whats = [event["what"] for event in events]
    assert whats == ["placed", "accepted", "cancel_asked", "closed_by_exchange"]


def test_what_there_is(said: list[list[str]]) -> None:
    account, positions, orders = answers(said[4])
    assert account["cashInCents"] < 10_000_000
    assert account["heldInCents"] == 0
    assert [(position["symbol"], position["shares"]) for position in positions] == [("AAPL", 10)]
    assert [(order["symbol"], order["status"]) for order in orders] == [("META", "cancelled"), ("AAPL", "filled")]
    table = [line for line in said[4] if "," in line and not line.startswith(("{", "["))]
    assert "AAPL" in table[1]
    assert said[4][-2].startswith("retry: ")


def test_somebody_new(said: list[list[str]]) -> None:
    signed_up, signed_in = answers(said[5])
    assert signed_up["email"] == "robin@locksley.example"
    assert set(signed_in) == {"token", "expiresAt"}


def test_picture_is_small() -> None:
    assert 0 < (tree.ROOT / "docs/pictures/symbol-wide-light.png").stat().st_size < 300_000


def test_ctrl_c_ends_make_run_quietly(tmp_path: Path) -> None:
    running = MakeRun(tmp_path / "data")
    ended = running.ctrl_c()
    assert ended.code == -2  # make itself was interrupted, as a shell expects
    assert ended.output == running.output
    assert "Traceback" not in ended.output
