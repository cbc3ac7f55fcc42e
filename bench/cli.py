"""The benchmarks' command line: words and options only."""

import sys
from pathlib import Path

import click

from bench import bars as bar_bench
from bench import codecs as codecs_bench
from bench import commands as command_bench
from bench import database as database_bench
from bench import exchange_client as client_bench
from bench import fanout as fanout_bench
from bench import http as http_bench
from bench import orders as order_bench
from bench import prices as price_bench
from bench.bar_market import Sizes
from bench.report import report
from bench.spine import Market
from bench.watching import Choice

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

SHORT = click.option("--short", is_flag=True, help="A few seconds: whether it runs, not how fast.")
JSON = click.option(
    "--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures there too."
)
RUNS = click.option("--runs", type=click.IntRange(1), help="Runs to take the median of.")
SECONDS = click.option("--seconds", type=click.FloatRange(1), help="Length of a run.")


@click.group(context_settings=HELP)
def main() -> None:
    """What Locksley takes and how long it makes people wait, each beside a reference in the same run."""


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
@click.option("--watchers", "watchers_count", default=1_000, show_default=True, type=click.IntRange(1))
@click.option("--symbols-each", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option(
    "--popular", default=0, show_default=True, help="How many of each one's symbols are among the busiest 1 %."
)
@click.option("--symbols", default=5_000, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--trades-per-second", default=2_500, show_default=True, type=click.IntRange(1))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1), help="Processes that watch.")
def prices(
    short: bool,
    json_path: Path | None,
    runs: int | None,
    seconds: float | None,
    watchers_count: int,
    symbols_each: int,
    popular: int,
    symbols: int,
    trades_per_second: int,
    processes: int,
) -> None:
    """From the exchange's `sentAt` to a watcher's line."""
    found = report("prices", _command())
    choice = Choice(min(watchers_count, 50) if short else watchers_count, symbols_each, popular)
    market = Market(symbols, trades_per_second)
    price_bench.run(found, market, choice, seconds or (3.0 if short else 60.0), runs or 1, processes)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
@click.option("--orders-per-second", default=500, show_default=True, type=click.IntRange(1))
@click.option("--watchers", "watchers_count", default=1_000, show_default=True, type=click.IntRange(0))
@click.option(
    "--ladder/--no-ladder", "climbs", default=False, help="Instead, one rate after the other until it is saturated."
)
@click.option("--symbols", default=5_000, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--trades-per-second", default=2_500, show_default=True, type=click.IntRange(1))
def orders(
    short: bool,
    json_path: Path | None,
    runs: int | None,
    seconds: float | None,
    orders_per_second: int,
    watchers_count: int,
    climbs: bool,
    symbols: int,
    trades_per_second: int,
) -> None:
    """POST /order at a fixed rate, while the market trades and watchers watch."""
    found = report("orders", _command())
    market = Market(symbols, trades_per_second)
    if climbs:
        rates = (100, 200) if short else (500, 750, 1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 4_000)
        order_bench.ladder(found, market, rates, seconds or (2.0 if short else 15.0), runs or 1)
    else:
        count = min(watchers_count, 50) if short else watchers_count
        choice = Choice(count, 20) if count else None
        rate = min(orders_per_second, 100) if short else orders_per_second
        order_bench.run(found, market, choice, rate, seconds or (3.0 if short else 60.0), runs or 1)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
def http(short: bool, json_path: Path | None, runs: int | None, seconds: float | None) -> None:
    """Web servers and frameworks: a POST of a small JSON order."""
    found = report("http", _command())
    http_bench.run(found, int(seconds or (1 if short else 5)), runs or (1 if short else 3), warm_up=not short)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
def database(short: bool, json_path: Path | None, runs: int | None, seconds: float | None) -> None:
    """SQLite: statements on the loop, in a thread, inline; WAL and rollback journal."""
    found = report("database", _command())
    in_flight = (1, 32) if short else database_bench.IN_FLIGHT
    length_s, times = seconds or (0.2 if short else 3.0), runs or (1 if short else 3)
    database_bench.run(found, length_s, times, in_flight, rollback=not short)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
def json(short: bool, json_path: Path | None, runs: int | None) -> None:
    """msgspec, orjson and the standard library on our own messages."""
    found = report("json", _command())
    codecs_bench.run(found, 20 if short else 500, runs or (1 if short else 5))
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
def exchange_client(short: bool, json_path: Path | None, runs: int | None, seconds: float | None) -> None:
    """aiohttp, httpx and raw asyncio: batched order entry over two connections."""
    found = report("exchange-client", _command())
    batches = (1, 32) if short else client_bench.BATCHES
    client_bench.run(found, seconds or (0.2 if short else 3.0), runs or (1 if short else 3), batches)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
@SECONDS
@click.option("--watchers", "watchers_count", default=5_000, show_default=True, type=click.IntRange(1))
def fanout(short: bool, json_path: Path | None, runs: int | None, seconds: float | None, watchers_count: int) -> None:
    """The most that one core can tell watchers, beside a bare loop of send()."""
    found = report("fanout", _command())
    count = min(watchers_count, 100) if short else watchers_count
    fanout_bench.run(
        found, count, (20,) if short else (20, 50), seconds or (1.0 if short else 5.0), runs or (1 if short else 3)
    )
    found.show(json_path)


@main.command()
@SHORT
@JSON
@click.option("--symbols", default=5_000, show_default=True, type=click.IntRange(100, 5_000))
def bars(short: bool, json_path: Path | None, symbols: int) -> None:
    """Prices and portfolios over time: a full store (3 GB in the working directory), and what keeping bars costs."""
    found = report("bars", _command())
    sizes = Sizes(100, 10, 500) if short else Sizes(symbols, 252, 2_520)
    # In four minutes, half of them without keeping, as much is stored at once as a broker stores: it does that every two minutes.
    bar_bench.run(found, sizes, 4 if short else 240, 10 if short else 100)
    found.show(json_path)


@main.command()
@SHORT
@JSON
@RUNS
def commands(short: bool, json_path: Path | None, runs: int | None) -> None:
    """`--help` of every command and subcommand, as processes."""
    found = report("commands", _command())
    command_bench.run(found, runs or (1 if short else 5))
    found.show(json_path)


@main.command(name="all")
@SHORT
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures too: of prices to FILE-prices.json, and so on.",
)
@click.pass_context
def all_of_them(context: click.Context, short: bool, json_path: Path | None) -> None:
    """Every benchmark, one after the other: about twenty minutes."""
    for command in (prices, orders, fanout, http, database, json, exchange_client, commands):
        name = str(command.name)
        path = json_path and json_path.with_name(f"{json_path.stem}-{name}.json")
        context.invoke(command, short=short, json_path=path)


def _command() -> str:
    return " ".join(["python -m bench", *sys.argv[1:]])
