"""Running seeds within one process: quiet, collected between seeds, and reported."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from simulation.pairs import counted
from simulation.report import Report
from simulation.world import World

__all__ = ["Report", "run_seed", "run_seeds"]

SEEDS_PER_COLLECTION = 10
SECONDS_MAX = 60


def run_seeds(seeds: list[int], actions: int) -> list[Report]:
    _be_quiet()
    gc.collect()
    gc.freeze()
    gc.disable()
    reports = []
    for number, seed in enumerate(seeds, start=1):
        reports.append(run_seed(seed, actions))
        if number % SEEDS_PER_COLLECTION == 0:
            gc.collect()
    return reports


def run_seed(seed: int, actions: int) -> Report:
    world = World(seed, actions)
    with counted() as pairs, _bounded(world):
        report = world.run()
    report.pairs = dict(pairs)
    return report


@contextmanager
def _bounded(world: World) -> Iterator[None]:
    """A seed that never ends has failed: something in it goes round in circles."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        world.violate(f"the seed was not done after {SECONDS_MAX} s of real time")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _be_quiet() -> None:
    """The services log what fails, which is everything here; and the tasks of the killed end when they are collected."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sys.unraisablehook = lambda _unraisable: None
