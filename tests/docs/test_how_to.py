"""The how-tos: each line, and what it leaves behind."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.process import LocksleyUp
from tests.acceptance.waiting import eventually
from tests.docs.shell import Newcomer, blocks
from tests.web.client import Client

LINES = blocks("docs/how-to.md")
STARTS = [block for block in LINES if block.startswith("locksley up ")]
NEW = {"email": "ada@example.org", "password": "a long password"}


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    return Newcomer(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture(scope="module")
def said(newcomer: Newcomer) -> Iterator[list[str]]:
    who = blocks("docs/quickstart.md")[1]
    with LocksleyUp(newcomer.data_dir, "--demo", "--symbols", "50", log=newcomer.home / "log") as up:
        eventually("the demo person is there", (newcomer.data_dir / "demo.json").exists)
        _, *said = newcomer.run([who, *(block for block in LINES if block not in STARTS)], up.url)
        yield said


def started(line: str, home: Path) -> LocksleyUp:
    """As it stands there, but on ports and in a directory that are surely free."""
    words = shlex.split(line)[2:]
    options = dict(zip(words[::2], words[1::2], strict=True))
    options |= {"--port": "0", "--exchange-port": "0", "--data-dir": str(home / options["--data-dir"])}
    return LocksleyUp(home, *(word for option in options.items() for word in option), log=home / "log")


def test_prices_in_a_file(newcomer: Newcomer, said: list[str]) -> None:
    prices = [json.loads(line) for line in (newcomer.home / "prices.jsonl").read_text().splitlines()]
    assert len(prices) == 10
    assert {price["symbol"] for price in prices} <= {"AAPL", "META"}


def test_bought_once_and_only_what_was_missing(newcomer: Newcomer, said: list[str]) -> None:
    assert json.loads(said[1])["numShares"] == 1
    assert "Bought 2 META" in said[2]


def test_open_orders_taken_back(said: list[str]) -> None:
    assert "Cancelled" in said[3]


def test_order_changes(said: list[str]) -> None:
    assert json.loads(said[4].removeprefix("data: "))["symbol"] == "AAPL"


def test_activity_in_a_spreadsheet(newcomer: Newcomer, said: list[str]) -> None:
    table = (newcomer.home / "activity.csv").read_text()
    assert table.startswith("activityId,")
    assert ",META," in table


def test_token_of_a_program(newcomer: Newcomer, said: list[str]) -> None:
    assert (newcomer.home / "program.token").read_text().startswith("lk_")
    assert "ash" in said[6]


def test_another_market(tmp_path: Path) -> None:
    with started(STARTS[0], tmp_path) as up:
        assert Client(up.port).ask("POST", "/users", NEW).status == 201


def test_only_the_invited(tmp_path: Path) -> None:
    with started(STARTS[1], tmp_path) as up:
        assert Client(up.port).ask("POST", "/users", NEW).status == 403
        assert '"event":"request"' in up.log.replace('": "', '":"')
    assert len(STARTS) == 2
