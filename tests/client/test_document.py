"""The examples of the client's page, run as they stand there."""

import re
from typing import Any

import pytest

from tests.project import tree
from tests.web.broker import Broker

WRITTEN_URL = "http://127.0.0.1:8000"

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_example_works(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    examples = _BLOCK.findall(tree.text("docs/client.md"))
    assert len(examples) == 8
    names: dict[str, Any] = {}
    for number, example in enumerate(examples):
        here = example.replace(WRITTEN_URL, f"http://127.0.0.1:{broker.port}")
        exec(compile(here, f"docs/client.md, example {number + 1}", "exec"), names)
    said = capsys.readouterr().out
    assert "filled 10010" in said
    assert "True cancelled" in said
    assert "go on after" in said
    assert "short sales are not offered" in said
