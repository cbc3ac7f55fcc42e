"""`python -m simulation.mutants`: is every safeguard needed? Each is removed in turn, in a copy, and somebody has to notice.

The simulation hunts each mutant for at most so many seeds; what only a test of the suite can notice (a second writer, say) names that
test. Nothing that a mutant does makes this hang: seeds are bounded, tests are, and each hunt is.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from simulation.safeguards import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parent.parent
SEEDS_MAX = 500
TIMEOUT_S_MAX = 900
COPIED = ("locksley", "paper_exchange", "simulation", "tests", "pyproject.toml")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--seeds", default=SEEDS_MAX, show_default=True, type=click.IntRange(1), help="To hunt each for, at most."
)
@click.option("--only", multiple=True, metavar="WORDS", help="Only mutants whose name has these words.")
@click.option("--from", "first", default=1, show_default=True, type=click.IntRange(1), help="Go on from this number.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--check", is_flag=True, help="Only see that every safeguard is still where its mutant says.")
def main(seeds: int, only: Sequence[str], first: int, jobs: int, check: bool) -> None:
    """Remove each safeguard in turn; every removal must be noticed."""
    chosen = [
        (number, mutant)
        for number, mutant in enumerate(MUTANTS, start=1)
        if number >= first and (not only or any(words in mutant.name for words in only))
    ]
    for _, mutant in chosen:
        _mutated(mutant)
    if check:
        print(f"{len(chosen)} safeguards, each where its mutant says")
        return
    caught_by = [_hunt(mutant, seeds, jobs, number) for number, mutant in chosen]
    noticed = [by for by in caught_by if by is not None]
    by_simulation = sum(by.startswith("simulation") for by in noticed)
    print(
        f"\n{len(noticed)} noticed, {by_simulation} of them by the simulation; {len(chosen) - len(noticed)} by nobody"
    )
    sys.exit(0 if len(noticed) == len(chosen) else 1)


def _mutated(mutant: Mutant) -> str:
    """The file without its safeguard. Ends the run when the safeguard is not in it exactly once: the mutant has to follow the code."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.safeguard) != 1:
        raise click.ClickException(
            f"{mutant.name!r}: {text.count(mutant.safeguard)} places in {mutant.file} read {mutant.safeguard!r}; mend the mutant"
        )
    without = text.replace(mutant.safeguard, mutant.without)
    if mutant.file.endswith(".py"):
        compile(without, mutant.file, "exec")  # one that does not even start would count as noticed
    return without


def _hunt(mutant: Mutant, seeds: int, jobs: int, number: int) -> str | None:
    """Who noticed."""
    print(f"{number:>2} of {len(MUTANTS)}  {mutant.name:<62}", end=" ", flush=True)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, copy / name)
        (copy / mutant.file).write_text(_mutated(mutant))
        caught_by = _simulate(copy, seeds, jobs) if mutant.test is None else _test(copy, mutant.test)
    print(f"{caught_by or 'NOBODY NOTICED'}  ({time.monotonic() - began_s:.0f} s)", flush=True)
    return caught_by


class _Done(NamedTuple):
    """`code` is None when it had to be ended."""

    code: int | None
    out: str
    err: str


def _run(copy: Path, *words: str) -> _Done:
    """In a session of its own, so that nothing of it is left when it has to be ended."""
    with subprocess.Popen(  # noqa: S603  (our own programs, on our own copy)
        [sys.executable, *words],
        cwd=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            out, err = running.communicate(timeout=TIMEOUT_S_MAX)
        except BaseException as error:
            os.killpg(running.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return _Done(None, *running.communicate())
        return _Done(running.returncode, out, err)


def _simulate(copy: Path, seeds: int, jobs: int) -> str | None:
    done = _run(copy, "-m", "simulation", "--seeds", str(seeds), "--jobs", str(jobs), "--until-failure")
    found = [line for line in done.err.splitlines() if line.startswith("seed ")]
    if not found and done.code != 0:
        print(done.err[-2_000:], file=sys.stderr)
    return f"simulation, {found[0][:110]}" if found else None


def _test(copy: Path, test: str) -> str | None:
    done = _run(copy, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    failed = [line for line in done.out.splitlines() if line.startswith("FAILED")]
    return f"test, {failed[0][7:110]}" if done.code == 1 and failed else None


if __name__ == "__main__":
    main()
