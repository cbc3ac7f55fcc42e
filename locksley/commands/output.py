"""What a command says: a table or one JSON document on standard output, remarks beside it on standard error."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime

import click
import msgspec
from rich.console import Console

from locksley.clock import rfc3339
from locksley.commands.tables import Column, Row, table

PIPE_WIDTH = 1_000


class Output:
    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, width=_width(sys.stdout.isatty()))

    def show(self, answer: object, columns: Sequence[Column], rows: Sequence[Row], *, empty: str = "") -> None:
        """A table; or the answer as one JSON document."""
        if self.as_json:
            self.document(answer)
        elif rows:
            self.table(columns, rows)
        else:
            self.say(empty)

    def table(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        self.console.print(table(columns, rows, self.console.width))

    def document(self, answer: object) -> None:
        """One line of JSON, with moments as the HTTP interface writes them."""
        plain = msgspec.to_builtins(answer, builtin_types=(datetime,))
        line = json.dumps(plain, default=_moment, separators=(",", ":"), ensure_ascii=False)
        sys.stdout.buffer.write(f"{line}\n".encode())
        sys.stdout.buffer.flush()

    def say(self, text: str, style: str = "", *, wrapped: bool = False) -> None:
        """`wrapped`: to the terminal's width, which prose may be; what is copied from a terminal may not."""
        if not self.as_json:
            self.console.print(text, style=style, markup=False, soft_wrap=not wrapped)

    def remark(self, text: str) -> None:
        """What is said beside the answer."""
        click.echo(text, err=True)


def _width(is_terminal: bool) -> int | None:
    """None: the terminal's own. What goes into a pipe is as wide as it needs to be."""
    return None if is_terminal or os.environ.get("COLUMNS") else PIPE_WIDTH


def _moment(moment: datetime) -> str:
    return rfc3339(round(moment.timestamp() * 1_000))
