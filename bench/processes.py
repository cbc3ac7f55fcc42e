"""Other processes: started, heard, measured, stopped."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

READY_S_MAX = 60.0
STOP_S_MAX = 20.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parent.parent
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"


class Failed(click.ClickException):
    """A process did not do what it was started for. The message says which, and what it said."""


class Child:
    """Its standard input and output are ours: it says one line when it is ready, and hears when to begin or to end."""

    def __init__(self, command: Sequence[str], *, cpu: int | None = None) -> None:
        self.command = command
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        if cpu is not None and len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(self._process.pid, {sorted(os.sched_getaffinity(0))[cpu]})

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def close_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def hear(self) -> str:
        """The next line that it prints. Raises `Failed` when it ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"{' '.join(self.command[:4])} ended early with exit code {self._process.wait(STOP_S_MAX)}")
        return line.strip()

    def finish(self) -> None:
        """Wait until it has ended by itself. Raises `Failed` where it did not end well."""
        code = self._process.wait(STOP_S_MAX)
        if code != 0:
            raise Failed(f"{' '.join(self.command[:4])} ended with exit code {code}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def cpu_s(self) -> float:
        """Processor seconds used so far, by all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


@contextlib.contextmanager
def child(*command: str, cpu: int | None = None) -> Iterator[Child]:
    started = Child(command, cpu=cpu)
    try:
        yield started
    finally:
        started.stop()


def program(name: str, *arguments: str, python: Path | None = None) -> list[str]:
    """The command for one of `bench.programs`."""
    return [str(python or sys.executable), "-m", f"bench.programs.{name}", *arguments]


class CpuClock:
    """Processor use of some processes from now on, as the number of cores that each kept busy."""

    def __init__(self, **children: Child) -> None:
        self._children = children
        self._before = {name: one.cpu_s() for name, one in children.items()}
        self._began_s = time.monotonic()

    def cores(self) -> dict[str, float]:
        elapsed_s = time.monotonic() - self._began_s
        return {name: (one.cpu_s() - self._before[name]) / elapsed_s for name, one in self._children.items()}
