"""Running seeds within one process: quiet, collected between seeds, and reported."""

import gc
import sys

import structlog

from simulation.pairs import counted
from simulation.report import Report
from simulation.world import World

__all__ = ["Report", "run_seed", "run_seeds"]

SEEDS_PER_COLLECTION = 10


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
    with counted() as pairs:
        report = World(seed, actions).run()
    report.pairs = dict(pairs)
    return report


def _be_quiet() -> None:
    """The services log what fails, which is everything here; and the tasks of the killed end when they are collected."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sys.unraisablehook = lambda _unraisable: None
