"""`locksley import-bars`: words and options only."""

import asyncio
from pathlib import Path

import click

from locksley.commands.data_dir_option import data_dir_option
from locksley.commands.failing import BadUse

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("files", nargs=-1, type=FILE, metavar="FILE…")
@click.option("--splits", multiple=True, type=FILE, help="Splits: date,symbol,newShares,oldShares.")
@data_dir_option("The broker's; the broker must not be running.")
def import_bars(files: tuple[Path, ...], splits: tuple[Path, ...], data_dir: Path) -> None:
    """Take daily bars from CSV files (date,symbol,open,high,low,close,volume; gzip or plain) into the prices over time."""
    from locksley.config import Config, ConfigError  # noqa: PLC0415
    from locksley.data_dir import lock  # noqa: PLC0415
    from locksley.embedded import bar_store  # noqa: PLC0415  (so that --help does not wait for what only this needs)
    from locksley.prices.history.import_bars import import_bars as take  # noqa: PLC0415

    if not files and not splits:
        raise BadUse("name a file with daily bars, or one with splits: locksley import-bars FILE")
    try:
        with lock(data_dir) as home, bar_store(Config(data_dir=data_dir), home) as store:
            done = asyncio.run(take(store, files, splits))
    except ConfigError as error:
        raise BadUse(str(error)) from None
    left_out = f"; {done.kept_here:,} left out, of days that were kept here" if done.kept_here else ""
    click.echo(f"{done.bars:,} daily bars of {done.symbols:,} symbols, {done.splits:,} splits{left_out}")
