"""The limits that the page names are those that the broker has."""

import re

import pytest

from locksley.config import Config
from tests.project import tree

_ROW = re.compile(r"^\| [^|]+ \| ([\d,]+) \|.* `(\w+)` \|$", re.MULTILINE)

DEFAULTS = dict(
    zip(Config.__struct_fields__[-len(Config.__struct_defaults__) :], Config.__struct_defaults__, strict=True)
)
ROWS = _ROW.findall(tree.text("docs/limits.md"))


@pytest.mark.parametrize(("number", "field"), ROWS)
def test_number(number: str, field: str) -> None:
    assert int(number.replace(",", "")) == DEFAULTS[field]


def test_every_row_is_read() -> None:
    rows = [line for line in tree.text("docs/limits.md").splitlines() if re.match(r"\| .*\d", line)]
    assert len(ROWS) == len(rows) > 20
