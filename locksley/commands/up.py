"""`locksley up`: words and options only."""

from typing import Any

import click

from locksley.commands.data_dir_option import data_dir_option
from locksley.commands.failing import BadUse


class ManyFiles(click.Command):
    """Lets `--replay` and `--quotes` take several files in a row: `--replay a b` is `--replay a --replay b`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        option = ""
        for word in args:
            if word.startswith("-"):
                option = word if word in ("--replay", "--quotes") else ""
            elif option and spread[-1] != option:
                spread.append(option)
            spread.append(word)
        return super().parse_args(ctx, spread)


@click.command(cls=ManyFiles)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that the broker listens on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--exchange-port", type=click.IntRange(0, 65535), help="Port of the paper exchange.  [default: 9000]")
@click.option("--exchange-url", metavar="URL", help="Use the exchange at this address instead of starting one.")
@click.option(
    "--exchange-client",
    metavar="NAME",
    help="Under which the exchange's feed is read, by one broker at a time.  [default: one of the data directory's own]",
)
@data_dir_option("Where everything is kept; made if it is missing.")
@click.option("--demo", is_flag=True, help="On the first start, make a person to try things with.")
@click.option("--replay", multiple=True, metavar="FILE…", help="Recorded trades to replay.")
@click.option("--quotes", multiple=True, metavar="FILE…", help="Recorded quotes to go with them.")
@click.option("--bars", metavar="FILE", help="Daily bars to make a market from.")
@click.option("--speed", metavar="X|max", help="How fast a replay goes.  [default: 1]")
@click.option("--once", is_flag=True, help="Replay once instead of again and again.")
@click.option("--symbols", metavar="FILE|N", help="Symbols of the made-up market: how many, or a file that lists them.")
@click.option("--seed", metavar="N", help="Of the made-up market's chance.")
@click.option("--trades-per-second", metavar="X", help="Rate of the made-up market.")
@click.option(
    "--sign-up",
    type=click.Choice(["open", "invitation", "closed"]),
    default="open",
    show_default=True,
    help="Who may sign up.",
)
@click.option("--trusted-proxy", multiple=True, metavar="CIDR", help="Whose X-Forwarded-For and -Proto are believed.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="debug: every request and each order's way.",
)
@click.option(
    "--log-format",
    type=click.Choice(["auto", "json", "text"]),
    default="auto",
    show_default=True,
    help="auto: text on a terminal, JSON elsewhere.",
)
@click.option("--traces-to", metavar="URL", help="Send OpenTelemetry traces there, by OTLP over HTTP.")
def up(**options: Any) -> None:
    """Run the broker, with a paper exchange beside it; Ctrl-C stops both."""
    from locksley import up as running  # noqa: PLC0415  (so that --help does not wait for what only a broker needs)
    from locksley.config import ConfigError  # noqa: PLC0415

    try:
        running.up(running.Options(**options))
    except ConfigError as error:
        raise BadUse(str(error)) from None
