"""Many seeds on every core, with progress; a failing seed comes with the command that replays it exactly."""

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from statistics import median

import click
import msgspec

from simulation.faults import ALL_FAULTS
from simulation.pairs import ALL_PAIRS, IMPOSSIBLE
from simulation.report import Report
from simulation.seed import run_seed
from simulation.workers import Job, WorkersDoNotStartError, reports

PROGRESS_EVERY_S = 2.0
FULL_SEEDS = 10_000
STRUCK_MIN = 500
INTERRUPTED = 130  # as a shell has it for SIGINT


def run(seeds: range, actions: int, jobs: int, until_failure: bool, json_path: Path | None) -> int:
    """The exit code: 1 when a seed failed."""
    began_s = time.monotonic()
    done: list[Report] = []
    try:
        _run_seeds(seeds, actions, jobs, until_failure, done)
    except KeyboardInterrupt:
        interrupted = True
    except WorkersDoNotStartError as error:
        raise click.ClickException(str(error)) from None
    else:
        interrupted = False
    print(file=sys.stderr)
    summary = summarise(done, time.monotonic() - began_s)
    if interrupted:
        print(f"stopped after {summary.seeds} of {len(seeds)} seeds")
    _show_summary(summary)
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(summary)))
    return INTERRUPTED if interrupted else 1 if summary.failed else 0


def _run_seeds(seeds: range, actions: int, jobs: int, until_failure: bool, done: list[Report]) -> None:
    """Put each report into `done`, and show how far it is."""
    began_s = time.monotonic()
    shown_s = 0.0
    with contextlib.closing(reports(seeds, jobs, Job(run_seed, actions))) as coming:
        for report in coming:
            done.append(report)
            if report.violation is not None:
                _show_failure(report, actions)
                if until_failure:
                    break
            if time.monotonic() - shown_s > PROGRESS_EVERY_S or len(done) == len(seeds):
                shown_s = time.monotonic()
                _show_progress(done, len(seeds), shown_s - began_s)


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
    faults_too_rare: list[str]
    digest: str


def summarise(done: list[Report], seconds: float) -> Summary:
    faults: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for report in done:
        faults.update(report.faults)
        pairs.update(report.pairs)
    return Summary(
        seeds=len(done),
        failed=[report.seed for report in done if report.violation is not None],
        seconds=seconds,
        actions_median=_median(report.actions for report in done),
        kills_median=_median(report.kills for report in done),
        faults_median=_median(sum(report.faults.values()) for report in done),
        settled_s_max=max((report.settled_s or 0.0 for report in done), default=0.0),
        faults={name: faults[name] for name in sorted({*faults, *ALL_FAULTS})},
        pairs={pair: pairs[pair] for pair in ALL_PAIRS},
        pairs_never_seen=[pair for pair in ALL_PAIRS if not pairs[pair] and pair not in IMPOSSIBLE],
        faults_too_rare=[name for name in ALL_FAULTS if faults[name] * FULL_SEEDS < STRUCK_MIN * len(done)],
        digest=_digest(done),
    )


def _median(numbers: Iterable[float]) -> float:
    return median(list(numbers) or [0])


def _digest(done: list[Report]) -> str:
    """Of every seed's own digest: two runs of the same seeds have the same, or they are not exact."""
    digests = [report.digest for report in sorted(done, key=lambda report: report.seed)]
    return blake2b("".join(digests).encode(), digest_size=8).hexdigest()


def _show_failure(report: Report, actions: int) -> None:
    over_the_progress = "\n" if sys.stderr.isatty() else ""
    print(f"{over_the_progress}seed {report.seed}: {report.violation}", file=sys.stderr)
    print(f"  replay it: python -m simulation --start {report.seed} --seeds 1 --actions {actions}", file=sys.stderr)


def _show_progress(done: list[Report], seeds: int, elapsed_s: float) -> None:
    failed = sum(report.violation is not None for report in done)
    left_s = elapsed_s / len(done) * (seeds - len(done))
    line = f"{len(done)} of {seeds} seeds, {failed} failed, {elapsed_s:.0f} s, about {left_s:.0f} s left"
    if sys.stderr.isatty():
        print(f"\r{line:<78}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


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
    _show_bars(summary)


def _show_bars(summary: Summary) -> None:
    """Whether everything was tried that should have been."""
    rare, missing = summary.faults_too_rare, summary.pairs_never_seen
    print(f"\nevery fault struck at least {STRUCK_MIN} times in {FULL_SEEDS:,} seeds: {_bar(rare, summary.seeds)}")
    print(f"every pair of the state table occurred, or has a reason not to: {_bar(missing, summary.seeds)}")


def _bar(missing: Sequence[str], seeds: int) -> str:
    so_far = "" if seeds >= FULL_SEEDS else f" (at the rate of {seeds} seeds)"
    return f"{'NO: ' + ', '.join(missing) if missing else 'yes'}{so_far}"
