"""The most that one core can tell watchers, beside the kernel's own price of telling them: a bare loop of send()."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from bench.figures import figure
from bench.http import free_port
from bench.processes import Child, CpuClock, child, program
from bench.programs.fanout_server import price, symbol_names
from bench.programs.http_server import token_of
from bench.programs.watchers import Task
from bench.report import Report, Table
from locksley.prices.frames import price_frame

SYMBOLS = 200
SETTLE_S = 1.0
OURS = "our hub: one write per watcher per tick"
LOOP_ALIKE = "bare send() in C: as many frames in each send"
LOOP_SINGLE = "bare send() in C: one send for each frame"

Serve = Callable[[int, int], AbstractContextManager[tuple[Child, int, str]]]


class FanoutRun(NamedTuple):
    updates_per_second: float
    reads_per_second: float
    bytes_per_second: float
    server_cores: float
    watchers_cores: float


def run(report: Report, watchers: int, symbols_each: tuple[int, ...], seconds: float, runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory:
        ways: dict[str, Serve] = {OURS: _our_hub}
        loop = _compiled(Path(directory))
        if loop is not None:
            ways[LOOP_ALIKE] = lambda watchers, frames: _send_loop(loop, watchers, frames, 1)
            ways[LOOP_SINGLE] = lambda watchers, frames: _send_loop(loop, watchers, frames, frames)
        for each in symbols_each:
            done: dict[str, list[FanoutRun]] = {way: [] for way in ways}
            for _ in range(runs):
                for way, serve in ways.items():
                    done[way].append(measure(serve, watchers, each, seconds))
            report.tables.append(_table(done, watchers, each, runs))
            if loop is None:
                report.tables[-1].notes.append("The bare send() loop is left out: there is no C compiler (cc).")


def measure(serve: Serve, watchers: int, symbols_each: int, seconds: float) -> FanoutRun:
    random, names = Random(1), symbol_names(SYMBOLS)
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory, ExitStack() as started:
        server, port, token = started.enter_context(serve(watchers, symbols_each))
        crowd = started.enter_context(child(*program("watchers", f"{directory}/seen"), cpu=-1))
        chosen = [random.sample(names, symbols_each) for _ in range(watchers)]
        crowd.tell(msgspec.json.encode(Task(port, [token], chosen, reads_versions=False)).decode())
        crowd.hear()
        time.sleep(SETTLE_S)
        crowd.tell("measure")
        began_s, cpu = time.monotonic(), CpuClock(server=server, watchers=crowd)
        time.sleep(seconds)
        cores, elapsed_s = cpu.cores(), time.monotonic() - began_s
        crowd.tell("end")
        _, reads, _, size, _, updates = crowd.hear().split()
    return FanoutRun(
        int(updates) / elapsed_s, int(reads) / elapsed_s, int(size) / elapsed_s, cores["server"], cores["watchers"]
    )


@contextmanager
def _our_hub(_watchers: int, _frames: int) -> Iterator[tuple[Child, int, str]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory:
        _, token = token_of(Path(directory))
        with child(*program("fanout_server", str(port), str(SYMBOLS), directory), cpu=0) as server:
            server.hear()
            yield server, port, token


@contextmanager
def _send_loop(loop: Path, watchers: int, frames: int, sends: int) -> Iterator[tuple[Child, int, str]]:
    port = free_port()
    with child(str(loop), str(port), str(watchers), str(frames), str(sends), cpu=0) as server:
        server.tell(price_frame(price("S0001", 1_024), 100).decode())
        server.close_input()
        server.hear()
        yield server, port, "nobody asks"


def _compiled(directory: Path) -> Path | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = directory / "send_loop"
    subprocess.run([compiler, "-O2", "-o", program, Path(__file__).parent / "send_loop.c"], check=True)
    return program


def _table(done: dict[str, list[FanoutRun]], watchers: int, symbols_each: int, runs: int) -> Table:
    table = Table(
        f"{watchers:,} watchers of {symbols_each} symbols, all of which change every tick, server on one core, watchers "
        f"on the other, {runs} run(s) in turn",
        ("", "updates/s", "of ours", "of a whole core", "reads/s", "MB/s", "server cores", "watchers' cores"),
    )
    ours = figure([one.updates_per_second for one in done[OURS]]).median
    for way, measured in done.items():
        updates = figure([one.updates_per_second for one in measured])
        table.add(
            way,
            updates,
            f"{updates.median / ours:.0%}",
            figure([one.updates_per_second / one.server_cores for one in measured]),
            figure([one.reads_per_second for one in measured]),
            figure([one.bytes_per_second / 1_000_000 for one in measured]),
            figure([one.server_cores for one in measured]),
            figure([one.watchers_cores for one in measured]),
        )
    table.notes += [
        "The loop encodes nothing, looks nothing up and has no HTTP chunks: it is what the kernel alone takes.",
        "nginx with nchan is not measured here; docs/decisions/0005-fan-out-hub.md has what it did once.",
    ]
    return table
