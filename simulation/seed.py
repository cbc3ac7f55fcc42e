"""Running a seed: quiet, bounded, and reported whatever becomes of it."""

import gc
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType

import structlog

from simulation.pairs import counted
from simulation.report import Report, failed
from simulation.world import World

SEEDS_PER_COLLECTION = 10
REPEAT_S = 1.0

_seeds_run = count()


def run_seed(seed: int, actions: int, folder: Path, cpu_s_max: float) -> Report:
    """As a worker does it, one seed after another."""
    number = next(_seeds_run)
    if number == 0:
        _be_quiet()
    if number % SEEDS_PER_COLLECTION == 0:
        gc.collect()
    try:
        return _run_seed(seed, actions, folder, cpu_s_max)
    except Exception as error:
        return failed(seed, f"the simulation itself failed: {traceback.format_exception(error)[-2:]}")


def _run_seed(seed: int, actions: int, folder: Path, cpu_s_max: float) -> Report:
    world = World(seed, actions, folder)
    with counted() as pairs, bounded(cpu_s_max, world.end):
        report = world.run()
    report.pairs = dict(pairs)
    return report


@contextmanager
def bounded(cpu_s_max: float, end: Callable[[str], None]) -> Iterator[None]:
    """Call `end`, which raises, after so much processor time; and again every second of it, since somebody may catch what it raises."""

    def too_long(_number: int, frame: FrameType | None) -> None:
        where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "the interpreter"
        end(f"not done after {cpu_s_max:g} s of processor time, in {where}")

    before = signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, cpu_s_max, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _be_quiet() -> None:
    """The services log what fails, which is everything here; and the tasks of the killed end when they are collected."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sys.unraisablehook = lambda _unraisable: None
    warnings.filterwarnings("ignore", "coroutine '.*' was never awaited", RuntimeWarning)
    gc.collect()
    gc.freeze()
    gc.disable()
