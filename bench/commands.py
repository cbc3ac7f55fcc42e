"""How long somebody waits for `--help`: every command and subcommand that there is, each a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from bench.figures import Figure, figure
from bench.processes import ROOT, Failed
from bench.report import Bar, Report, Table
from locksley.cli import cli as locksley
from paper_exchange.cli import cli as paper_exchange
from simulation.__main__ import main as simulation

MS_MAX = 300
HELP_S_MAX = 60.0
BIN = Path(sys.executable).parent

PROGRAMS: tuple[tuple[Sequence[str], click.Command], ...] = (
    ((str(BIN / "locksley"),), locksley),
    ((str(BIN / "paper-exchange"),), paper_exchange),
    ((sys.executable, "-m", "simulation"), simulation),
)


def run(report: Report, runs: int) -> None:
    python = figure([_ms([sys.executable, "-c", "pass"]) for _ in range(runs)])
    helps = {_name(words): _help_ms(words, runs) for words in _every_command()}
    table = Table(f"ms until --help has ended, {runs} run(s) after one that is not counted", ("", "median", "worst"))
    table.add("python -c pass", python.median, python.most)
    for name, found in helps.items():
        table.add(name, found.median, found.most)
    report.tables.append(table)
    report.bars.append(Bar(f"the slowest of {len(helps)} helps, ms", max(one.most for one in helps.values()), MS_MAX))


def _every_command() -> Iterator[list[str]]:
    for words, command in PROGRAMS:
        yield from _commands(words, command)


def _commands(words: Sequence[str], command: click.Command) -> Iterator[list[str]]:
    """Itself, then what is below it."""
    yield [*words]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                yield from _commands((*words, name), below)


def _name(words: Sequence[str]) -> str:
    return " ".join((Path(words[0]).name, *words[1:]))


def _help_ms(words: Sequence[str], runs: int) -> Figure:
    """The first one finds the disk's cache cold."""
    return figure([_ms([*words, "--help"]) for _ in range(runs + 1)][1:])


def _ms(words: Sequence[str]) -> float:
    began_s = time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=HELP_S_MAX, check=False)
    took_ms = (time.perf_counter() - began_s) * 1_000
    if done.returncode != 0 or (words[-1] == "--help" and not done.stdout.startswith("Usage: ")):
        raise Failed(f"{_name(words)} ended with exit code {done.returncode}")
    return took_ms
