"""An operator at the broker that runs on a data directory: what is asked of it, and what is said of its answers."""

from datetime import datetime
from pathlib import Path
from typing import Any

from locksley.commands import operator_call
from locksley.commands.formats import when
from locksley.commands.output import Output


class Operator(Output):
    def __init__(self, data_dir: Path, as_json: bool) -> None:
        super().__init__(as_json)
        self._data_dir = data_dir

    def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """Raises `BadUse`, `Refused`."""
        answer, _ = operator_call.ask(self._data_dir, method, path, body, **query)
        return answer

    def pages(self, path: str, **query: str | int) -> list[Any]:
        """Every page of a list. Raises `BadUse`, `Refused`."""
        page, following = operator_call.ask(self._data_dir, "GET", path, **query)
        pages = [page]
        while following is not None:
            page, following = operator_call.ask(self._data_dir, "GET", following)
            pages.append(page)
        return pages


def moment(text: str) -> str:
    """A time of an answer, as people read it."""
    return when(datetime.fromisoformat(text))
