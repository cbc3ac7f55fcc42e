import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.web.broker import Broker

COMMAND_S_MAX = 60


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Somebody at a shell on the broker's machine."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def run(self, *words: str, columns: int = 300) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "locksley", *words, "--data-dir", str(self.data_dir)],
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
            env={**os.environ, "COLUMNS": str(columns)},
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operated")


@pytest.fixture(scope="module")
def broker(data_dir: Path) -> Iterator[Broker]:
    """Clean-up is quick, and gives up at once."""
    with Broker(
        data_dir,
        cleanup_every_ms=100,
        silent_order_ms=100,
        cleanup_grace_ms=200,
        settle_tries_max=1,
        orders_per_second_per_person=1_000,
    ) as running:
        yield running


@pytest.fixture
def operator(broker: Broker, data_dir: Path) -> Operator:
    return Operator(data_dir)
