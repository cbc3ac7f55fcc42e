"""Web servers and frameworks: a POST of a small JSON order, decoded and answered, as many as one core takes."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.figures import figure
from bench.processes import BENCH_PYTHON, Child, CpuClock, Failed, child, program
from bench.programs.http_server import token_of
from bench.report import Report, Table

OURS = "granian+locksley"
NEEDS_ONLY_OURS = (OURS, "granian+asgi", "granian+falcon")
CANDIDATES = (*NEEDS_ONLY_OURS, "uvicorn+asgi", "uvicorn+falcon", "uvicorn+starlette")
REFERENCE = "granian+asgi"
CONNECTIONS = 64
WARM_UP_S = 1
ORDERS_PER_SECOND_WANTED = 4_274

SCRIPT = """
wrk.method = "POST"
wrk.path = "/order"
wrk.body = '{"position":"buy","symbol":"META","numShares":10}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Idempotency-Key"] = "0199f3a1-7c1e-7e07-a7d1-5d6f3f1c2b10"
wrk.headers["Authorization"] = "Bearer TOKEN"
"""


class HttpRun(NamedTuple):
    requests_per_second: float
    p99_ms: float
    cores: float


def run(report: Report, seconds: int, runs: int, *, warm_up: bool) -> None:
    """Raises `Failed` where wrk is missing."""
    if shutil.which("wrk") is None:
        raise Failed("wrk is not installed; on Debian: apt-get install wrk")
    candidates = CANDIDATES if BENCH_PYTHON.exists() else NEEDS_ONLY_OURS
    done: dict[str, list[HttpRun]] = {candidate: [] for candidate in candidates}
    for _ in range(runs):
        for candidate in candidates:
            done[candidate].append(measure(candidate, seconds, warm_up))
    report.tables.append(_table(done, runs))
    if candidates is NEEDS_ONLY_OURS:
        report.tables[-1].notes.append("uvicorn and Starlette are left out: they are not installed; make bench-setup")


def measure(candidate: str, seconds: int, warm_up: bool) -> HttpRun:
    with _served(candidate) as (server, script, port):
        if warm_up:
            _wrk(script, port, WARM_UP_S)
        cpu = CpuClock(server=server)
        said = _wrk(script, port, seconds)
        return HttpRun(_number(r"Requests/sec:\s+([\d.]+)", said), _p99_ms(said), cpu.cores()["server"])


@contextmanager
def _served(candidate: str) -> Iterator[tuple[Child, Path, int]]:
    """On the first processor; the load is on the last."""
    python = BENCH_PYTHON if BENCH_PYTHON.exists() else None
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory:
        _, token = token_of(Path(directory))
        script = Path(directory) / "order.lua"
        script.write_text(SCRIPT.replace("TOKEN", token))
        with child(*program("http_server", candidate, str(port), directory, python=python), cpu=0) as server:
            server.hear()
            yield server, script, port


def _wrk(script: Path, port: int, seconds: int) -> str:
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}",
    ]
    said = subprocess.run(_on_last_cpu(command), capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise Failed(f"not every request was answered well:\n{said}")
    return said


def _on_last_cpu(command: Sequence[str]) -> list[str]:
    cpus = sorted(os.sched_getaffinity(0))
    return list(command) if len(cpus) == 1 else ["taskset", "-c", str(cpus[-1]), *command]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise Failed(f"wrk said something else than expected:\n{text}")
    return float(found[1])


def _p99_ms(said: str) -> float:
    if "us\n" in said.partition("99%")[2][:14]:
        return _number(r"99%\s+([\d.]+)us", said) / 1000
    if (found := re.search(r"99%\s+([\d.]+)ms", said)) is not None:
        return float(found[1])
    return _number(r"99%\s+([\d.]+)s", said) * 1000


def _table(done: dict[str, list[HttpRun]], runs: int) -> Table:
    table = Table(
        f"POST of a small JSON order, decoded and answered: one core for the server, wrk with {CONNECTIONS} connections "
        f"on the other, {runs} run(s), each server in turn",
        ("server+framework", "requests/s", f"of {REFERENCE}", "us each", "p99 ms", "cores"),
    )
    reference = figure([one.requests_per_second for one in done[REFERENCE]]).median
    for candidate, measured in done.items():
        rate = figure([one.requests_per_second for one in measured])
        cores = figure([one.cores for one in measured])
        each_us = figure([one.cores * 1_000_000 / one.requests_per_second for one in measured])
        p99 = figure([one.p99_ms for one in measured])
        table.add(candidate, rate, f"{rate.median / reference:.0%}", each_us, p99, cores)
    ours = figure([one.cores / one.requests_per_second for one in done[OURS]]).median
    table.notes += [
        f"{OURS} is our whole web layer: body bounds, request id, token, rate limit, decoding, headers, measures.",
        f"At {ORDERS_PER_SECOND_WANTED:,} orders/s our web layer alone takes {ours * ORDERS_PER_SECOND_WANTED:.2f} cores.",
    ]
    return table
