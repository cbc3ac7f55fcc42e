"""`python -m tests.kills --kills 50`: the broker killed under load, again and again; exit code 1 when anything is wrong at the end."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import click
import uvloop

from tests.kills.campaign import Campaign, Plan, Report, summary


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--kills", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--orders-per-second", default=200.0, show_default=True, type=click.FloatRange(1, 500))
@click.option(
    "--seed", default=1, show_default=True, help="Of the kills' moments, the orders and the exchange's faults."
)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="A new directory to leave everything in."
)
def main(kills: int, orders_per_second: float, seed: int, keep: Path | None) -> None:
    """Kill the broker under load, with an exchange that misbehaves, and hold its books against the exchange's at the end."""
    with tempfile.TemporaryDirectory(prefix="locksley-kills-") as temporary:
        home = Path(temporary)
        if keep is not None:
            keep.mkdir(parents=True)
            home = keep
        try:
            report = uvloop.run(_run(Campaign(home, Plan(kills, orders_per_second, seed), _say)))
        except (AssertionError, TimeoutError, asyncio.CancelledError) as error:
            print(f"NOT survived: {error!r}\n{error}")
            sys.exit(1)
        print(summary(report))


async def _run(campaign: Campaign) -> Report:
    """Told to stop, it ends the processes that it started."""
    running = asyncio.ensure_future(campaign.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    return await running


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
