"""The options of every command that asks a broker. Nothing that takes long is imported before the command runs."""

import functools
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

Command = Callable[..., None]


def asks_a_broker(function: Command) -> Command:
    """The function gets a `Session` first, then its own options."""

    @click.option(
        "--json", "as_json", is_flag=True, help="Answer in JSON: one document, or one a line for what is live."
    )
    @click.option(
        "--profile",
        envvar="LOCKSLEY_PROFILE",
        default="default",
        metavar="NAME",
        help="Whose token and address to use.",
    )
    @click.option(
        "--url", envvar="LOCKSLEY_URL", metavar="URL", help="The broker.  [default: the profile's, else this machine's]"
    )
    @functools.wraps(function)
    def command(**options: Any) -> None:
        from locksley.commands.session import run  # noqa: PLC0415  (so that --help does not wait for the client)

        source = click.get_current_context().get_parameter_source("profile")
        run(function, is_profile_named=source is ParameterSource.COMMANDLINE, **options)

    return command
