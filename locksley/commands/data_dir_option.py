"""`--data-dir`, as every command has it that is about a broker's own files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = Path("data")


def data_dir_option(purpose: str) -> Callable[[F], F]:
    return click.option(
        "--data-dir", type=click.Path(path_type=Path), default=DEFAULT, show_default=True, metavar="DIR", help=purpose
    )
