"""`python -m simulation`: many seeds on every core, with progress; a failing seed comes with the command that replays it exactly."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from statistics import median

import click
import msgspec

from simulation.pairs import ALL_PAIRS, IMPOSSIBLE
from simulation.seed import Report, run_seeds

ACTIONS = 200
SEEDS_PER_TASK = 10
FAILURES_SHOWN_MAX = 10
PROGRESS_EVERY_S = 2.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=500, show_default=True, type=click.IntRange(1), help="How many seeds to run.")
@click.option("--start", default=0, show_default=True, type=click.IntRange(0), help="The first of them.")
@click.option("--actions", default=ACTIONS, show_default=True, type=click.IntRange(1), help="What people do in each.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--until-failure", is_flag=True, help="Stop at the first seed that fails.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the counts to this file.")
def main(seeds: int, start: int, actions: int, jobs: int, until_failure: bool, json_path: Path | None) -> None:
    """Run the real services under a simulated clock, network and disk, where everything fails, and check what must hold."""
    began_s = time.monotonic()
    reports: list[Report] = []
    shown_s = 0.0
    for report in _reports(start, seeds, actions, jobs):
        reports.append(report)
        if report.violation is not None:
            _show_failure(report, actions)
            if until_failure:
                break
        if time.monotonic() - shown_s > PROGRESS_EVERY_S or len(reports) == seeds:
            shown_s = time.monotonic()
            _show_progress(reports, seeds, shown_s - began_s)
    summary = summarise(reports, time.monotonic() - began_s)
    print(file=sys.stderr)
    _show_summary(summary)
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(summary)))
    sys.exit(1 if summary.failed else 0)


class Summary(msgspec.Struct):
    seeds: int
    failed: list[int]
    seconds: float
    actions_median: float
    kills_median: float
    faults_median: float
    settled_s_max: float
    faults: dict[str, int]
    pairs: dict[str, int]
    pairs_never_seen: list[str]
    digest: str


def summarise(reports: list[Report], seconds: float) -> Summary:
    faults: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for report in reports:
        faults.update(report.faults)
        pairs.update(report.pairs)
    return Summary(
        seeds=len(reports),
        failed=[report.seed for report in reports if report.violation is not None],
        seconds=seconds,
        actions_median=median(report.actions for report in reports),
        kills_median=median(report.kills for report in reports),
        faults_median=median(sum(report.faults.values()) for report in reports),
        settled_s_max=max(report.settled_s or 0.0 for report in reports),
        faults=dict(sorted(faults.items())),
        pairs={pair: pairs[pair] for pair in ALL_PAIRS},
        pairs_never_seen=[pair for pair in ALL_PAIRS if not pairs[pair]],
        digest=_digest(reports),
    )


def _digest(reports: list[Report]) -> str:
    """Of every seed's own digest: two runs of the same seeds have the same, or they are not exact."""
    digests = [report.digest for report in sorted(reports, key=lambda report: report.seed)]
    return blake2b("".join(digests).encode(), digest_size=8).hexdigest()


def _reports(start: int, seeds: int, actions: int, jobs: int) -> Iterator[Report]:
    chunks = iter(
        range(first, min(first + SEEDS_PER_TASK, start + seeds))
        for first in range(start, start + seeds, SEEDS_PER_TASK)
    )
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(run_seeds, list(chunk), actions) for chunk in islice(chunks, 2 * jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(run_seeds, list(chunk), actions) for chunk in islice(chunks, len(done))}
            for task in done:
                yield from task.result()


def _show_failure(report: Report, actions: int) -> None:
    print(f"\nseed {report.seed}: {report.violation}", file=sys.stderr)
    print(f"  replay it: python -m simulation --start {report.seed} --seeds 1 --actions {actions}", file=sys.stderr)


def _show_progress(reports: list[Report], seeds: int, elapsed_s: float) -> None:
    failed = sum(report.violation is not None for report in reports)
    left_s = elapsed_s / len(reports) * (seeds - len(reports))
    line = f"{len(reports)} of {seeds} seeds, {failed} failed, {elapsed_s:.0f} s, about {left_s:.0f} s left"
    print(f"\r{line:<78}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)


def _show_summary(summary: Summary) -> None:
    print(
        f"{summary.seeds} seeds in {summary.seconds:.0f} s: {len(summary.failed)} failed; in a median seed "
        f"{summary.actions_median:.0f} actions, {summary.kills_median:.0f} kills, {summary.faults_median:.0f} faults; "
        f"settled within {summary.settled_s_max:.1f} s"
    )
    print("\nfaults that struck")
    for name, times in summary.faults.items():
        print(f"  {times:>9,}  {name}")
    print("\npairs of the state table that occurred")
    for pair, times in summary.pairs.items():
        print(f"  {times:>9,}  {pair}{'' if times else '   ' + IMPOSSIBLE.get(pair, 'not seen')}")


if __name__ == "__main__":
    main()
