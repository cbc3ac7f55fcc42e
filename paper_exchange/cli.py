"""The command line of the paper exchange: options only; what they mean is decided elsewhere."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

SPEED_MAX = 1_000_000.0


class Speed(click.ParamType[float | None]):
    """A factor above 0, or `max` (None)."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0 < speed <= SPEED_MAX:
            self.fail(f"{value!r} is not a speed; give a number above 0 (1 is real time), or max", param, ctx)
        return speed


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A complete exchange to run a broker against."""


@cli.command("serve", cls=ManyFiles)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9000, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that orders and trades outlast a restart in.",
)
@click.option(
    "--replay", multiple=True, type=click.Path(path_type=Path), metavar="FILE…", help="Recorded trades to replay."
)
@click.option(
    "--quotes", multiple=True, type=click.Path(path_type=Path), metavar="FILE…", help="Recorded quotes to go with them."
)
@click.option("--bars", type=click.Path(path_type=Path), metavar="FILE", help="Daily bars to make a market from.")
@click.option(
    "--speed", type=Speed(), default="1", show_default=True, metavar="X|max", help="How fast market time goes."
)
@click.option("--once", is_flag=True, help="Replay once instead of again and again.")
@click.option("--symbols", metavar="FILE|N", help="Symbols of the made-up market: how many, or a file that lists them.")
@click.option("--seed", default=0, show_default=True, type=int, help="Of the made-up market's chance.")
@click.option("--trades-per-second", type=float, help="Rate of the made-up market.")
@click.option(
    "--until-stdin-closes", is_flag=True, help="Stop too when standard input closes: end with a parent process."
)
def serve_command(
    host: str,
    port: int,
    journal: Path | None,
    speed: float | None,
    until_stdin_closes: bool,
    **market_options: Any,
) -> None:
    """Run the exchange until it is stopped."""
    # Not before it is run: `--help` need not wait for the server.
    from paper_exchange.journal import JournalError  # noqa: PLC0415
    from paper_exchange.market.choose import MarketError, market_from_options  # noqa: PLC0415
    from paper_exchange.pace import Pace  # noqa: PLC0415
    from paper_exchange.serve import Address, CannotServe, serve  # noqa: PLC0415

    made_up = not (market_options["replay"] or market_options["quotes"] or market_options["bars"])
    try:
        market = market_from_options(**market_options, now_ns=time.time_ns())
        pace = Pace(speed, follows_wall=made_up)
        serve(market, pace, Address(host, port), journal, until_stdin_closes=until_stdin_closes)
    except (MarketError, JournalError, CannotServe) as error:
        raise click.ClickException(str(error)) from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Ends the process: 0 when stopped by a signal, 2 with one line when it cannot run."""
    try:
        code = cli.main(args=arguments, prog_name="paper-exchange", standalone_mode=False)
    except click.ClickException as error:
        _end(error.format_message())
    except click.Abort:
        _end("interrupted")
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _end(sentence: str) -> None:
    one_line = " ".join(sentence.split())
    print(f"paper-exchange: {one_line}", file=sys.stderr)
    sys.exit(2)
