"""The processes that run seeds, one seed after another: one that dies, or goes round for ever, costs its seed and not the run.

A worker ends by itself, however its parent ended: it asks for its next seed, and nobody answers. A seed is bounded twice: first by
`bounded`, which knows what is wrong but needs the interpreter to come to it. Some C may go round for ever (SQLite in
a file whose pages lead to each other in a circle). Then the kernel ends the process, and `faulthandler` says where it was. Neither counts
the time that the machine gives to others.
"""

import contextlib
import faulthandler
import math
import multiprocessing
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple

from simulation.report import Report, failed

CPU_S_MAX = 20.0
CPU_S_TO_END = 10
TMPFS = Path("/dev/shm")  # noqa: S108  (a folder of its own is made in it)

_PROCESSES = multiprocessing.get_context(
    "spawn"
)  # they inherit nothing of each other: each has the only ends of its pipe


class Job(NamedTuple):
    """`run` makes the report of a seed, in a folder that is there for it."""

    run: Callable[[int, int, Path, float], Report]
    actions: int
    cpu_s_max: float = CPU_S_MAX


class WorkersDoNotStartError(Exception):
    """A worker ended before its first seed."""


class Worker:
    """`seed` is what it is at; None before the first. `asks` for the next one once it is done."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self.seed: int | None = None
        self.asks = False
        self.pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_work, args=(theirs, self._job, self._folder), daemon=True)
        with _without_ctrl_c():
            self._process.start()
        theirs.close()

    def begin(self, seed: int) -> None:
        self.seed, self.asks = seed, False
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died just now, which `hear` will find
            self.pipe.send(seed)

    def hear(self) -> Report | None:
        """The report of its seed, None when there was none. The seed of one that died has failed, and it is started again."""
        try:
            report: Report | None = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            return self._died()
        self.asks = True
        return report

    def _died(self) -> Report:
        seed, code = self.seed, self._end()
        if seed is None:
            raise WorkersDoNotStartError(f"a worker ended before its first seed, with exit code {code}")
        self._start()
        return failed(seed, f"its process ended with exit code {code}")

    def end(self) -> None:
        self._process.kill()
        self._end()

    def _end(self) -> int | None:
        self._process.join()
        self.pipe.close()
        return self._process.exitcode


def reports(seeds: range, jobs: int, job: Job) -> Generator[Report, None, None]:
    """Of every seed, in whatever order they are done. When nobody wants more, or Ctrl-C is pressed, the workers end at once."""
    folder = Path(tempfile.mkdtemp(prefix="locksley-simulation-", dir=TMPFS if TMPFS.is_dir() else None))
    workers: list[Worker] = []
    try:
        for _ in range(min(jobs, len(seeds))):
            workers.append(Worker(job, folder))
        yield from _reports(iter(seeds), workers)
    finally:
        for worker in workers:
            worker.end()
        shutil.rmtree(folder, ignore_errors=True)


def _reports(seeds: Iterator[int], workers: Sequence[Worker]) -> Iterator[Report]:
    busy = list(workers)
    while busy:
        heard = wait([worker.pipe for worker in busy])
        for worker in [worker for worker in busy if worker.pipe in heard]:
            report = worker.hear()
            if worker.asks and (seed := next(seeds, None)) is not None:
                worker.begin(seed)
            elif worker.asks:
                busy.remove(worker)
            if report is not None:
                yield report


def _work(parent: Connection, job: Job, folder: Path) -> None:
    """Run seeds for as long as the parent is there."""
    faulthandler.register(signal.SIGXCPU, chain=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        parent.send(None)
        while True:
            seed = parent.recv()
            _end_after(job.cpu_s_max + CPU_S_TO_END)
            parent.send(job.run(seed, job.actions, folder, job.cpu_s_max))
    with contextlib.suppress(OSError):
        folder.rmdir()  # the parent was killed: the last one leaves nothing behind


def _end_after(cpu_s: float) -> None:
    """Have the kernel end this process once it has used so much more."""
    used_s = math.ceil(time.process_time() + cpu_s)
    resource.setrlimit(resource.RLIMIT_CPU, (used_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """A process started meanwhile does not hear it: the parent alone decides what it means."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
