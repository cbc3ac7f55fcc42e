"""The options of every command for the operator, which asks the broker that runs on a data directory."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from locksley.commands.data_dir_option import data_dir_option

Command = Callable[..., Any]


def operates_a_broker(function: Command) -> Command:
    """The function gets an `Operator` first, then its own options."""

    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON: one document.")
    @data_dir_option("Of the broker that runs.")
    @functools.wraps(function)
    def command(data_dir: Path, as_json: bool, **options: Any) -> Any:
        from locksley.commands.operator_call import Refused  # noqa: PLC0415  (so that --help does not wait for it)
        from locksley.commands.operator_session import Operator  # noqa: PLC0415

        operator = Operator(data_dir, as_json)
        try:
            return function(operator, **options)
        except Refused as error:
            if as_json:
                operator.document(error.document)
            raise

    return command
