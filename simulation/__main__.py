"""`python -m simulation`: the options only. What they start takes as long to import as a broker, and `--help` need not wait for it."""

import os
import sys
from pathlib import Path

import click

ACTIONS = 200


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=500, show_default=True, type=click.IntRange(1), help="How many seeds to run.")
@click.option("--start", default=0, show_default=True, type=click.IntRange(0), help="The first of them.")
@click.option("--actions", default=ACTIONS, show_default=True, type=click.IntRange(1), help="What people do in each.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--until-failure", is_flag=True, help="Stop at the first seed that fails.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the counts to this file.")
def main(seeds: int, start: int, actions: int, jobs: int, until_failure: bool, json_path: Path | None) -> None:
    """Run the real services under a simulated clock, network and disk, where everything fails, and check what must hold."""
    from simulation.campaign import run  # noqa: PLC0415  (see above)

    sys.exit(run(range(start, start + seeds), actions, jobs, until_failure, json_path))


if __name__ == "__main__":
    main()
