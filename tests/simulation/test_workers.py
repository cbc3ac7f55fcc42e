"""The processes that run seeds end when they should: with their parent, at Ctrl-C, and when a seed goes round for ever."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from simulation.mutants import ROOT
from simulation.report import Report, failed
from simulation.seed import bounded, run_seed
from simulation.workers import Job, WorkersDoNotStartError, reports
from simulation.world import Violation, World

ENDED_WITHIN_S = 60
FOR_EVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n"


def _start(*words: str) -> "subprocess.Popen[str]":
    """A run that is under way: the first seed is done."""
    running = subprocess.Popen(
        [sys.executable, "-m", "simulation", "--seeds", "100000", "--jobs", "2", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "of 100000 seeds, 0 failed" in running.stderr.readline()
    return running


def test_workers_end_when_their_parent_is_killed() -> None:
    running = _start()
    running.kill()
    # Each has the other end of these pipes: they are at their end when the last worker is.
    running.communicate(timeout=ENDED_WITHIN_S)


def test_ctrl_c_ends_a_run_with_the_summary_so_far(tmp_path: Path) -> None:
    running = _start("--json", str(tmp_path / "counts.json"))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=ENDED_WITHIN_S)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert out.startswith("stopped after ")
    assert "faults that struck" in out
    assert (tmp_path / "counts.json").exists()


def test_a_seed_that_goes_round_in_python_ends(tmp_path: Path) -> None:
    """Whoever catches what the bound raises, and goes on."""
    world = World(1, 8, tmp_path)

    async def go_round() -> None:
        while True:
            try:
                sum(range(1_000))
            except Exception:
                continue

    with bounded(0.2, world.end), pytest.raises(Violation, match=r"not done after 0\.2 s of processor time"):
        world.loop.run_task(go_round())


def _go_round_in_c(seed: int, _actions: int, _folder: Path, _cpu_s_max: float) -> Report:
    if seed == 2:  # and the bound that is in Python has no say here
        apsw.Connection(":memory:").execute(FOR_EVER).fetchall()
    return failed(seed, "no more than a test")


def test_a_seed_that_goes_round_in_c_costs_its_process_and_not_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    done = {report.seed: report.violation for report in reports(range(1, 5), 1, Job(_go_round_in_c, 8, cpu_s_max=-9))}
    assert done == dict.fromkeys((1, 3, 4), "no more than a test") | {
        2: f"its process ended with exit code {-signal.SIGXCPU}"
    }
    assert "_go_round_in_c" in capfd.readouterr().err


def _die(seed: int, _actions: int, _folder: Path, _cpu_s_max: float) -> Report:
    if seed % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return failed(seed, "no more than a test")


def test_every_seed_is_reported_however_many_processes_die() -> None:
    done = [report.seed for report in reports(range(6), 2, Job(_die, 8))]
    assert sorted(done) == list(range(6))


class _NotThere:
    """What no worker can be told to run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return __import__, ("there_is_no_such_module",)

    def __call__(self, *_: object) -> Report:
        raise NotImplementedError


def test_workers_that_can_not_start_end_the_run() -> None:
    with pytest.raises(WorkersDoNotStartError, match="exit code 1"):
        list(reports(range(6), 2, Job(_NotThere(), 8)))


def test_a_seed_leaves_nothing_behind(tmp_path: Path) -> None:
    assert run_seed(1, 20, tmp_path, 60).violation is None
    assert list(tmp_path.iterdir()) == []
