from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operator.conftest import Operator
from tests.web.broker import Broker


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operated")


@pytest.fixture(scope="module")
def broker(data_dir: Path) -> Iterator[Broker]:
    with Broker(data_dir, sign_up="invitation") as running:
        yield running


@pytest.fixture
def operator(broker: Broker, data_dir: Path) -> Operator:
    return Operator(data_dir)
