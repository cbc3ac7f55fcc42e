"""HTTP clients for order entry: batches over two connections to a real paper exchange with a journal."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from bench.figures import figure, latency
from bench.processes import BENCH_PYTHON, child, program
from bench.programs.exchange_clients import CLIENTS, Outcome
from bench.report import Report, Table
from bench.spine import get_json

BATCHES = (1, 32, 128)
OURS = "ours (aiohttp)"
NEEDS_MORE = "httpx"


def run(report: Report, seconds: float, runs: int, batches: Sequence[int] = BATCHES) -> None:
    clients = [client for client in CLIENTS if client != NEEDS_MORE or BENCH_PYTHON.exists()]
    table = Table(
        f"orders placed over two connections, one request at a time on each, {runs} run(s), each client in turn",
        ("", "a request", "orders/s", "p50 ms", "p99 ms", "CPU us a request", "of ours"),
    )
    for batch in batches:
        done: dict[str, list[Outcome]] = {client: [] for client in clients}
        with _exchange() as (url, symbol):
            for _ in range(runs):
                for client in clients:
                    done[client].append(_measure(client, url, symbol, batch, seconds))
        ours = figure([_cpu_us(one) for one in done[OURS]]).median
        for client, measured in done.items():
            cpu_us = figure([_cpu_us(one) for one in measured])
            took = [latency(one.took_ms) for one in measured]
            table.add(
                client,
                batch,
                figure([one.orders / one.seconds for one in measured]),
                figure([one.p50_ms for one in took]),
                figure([one.p99_ms for one in took]),
                cpu_us,
                f"{cpu_us.median / ours:.0%}",
            )
    table.notes.append("CPU of the client's process; making and reading the JSON is in it, the same for all.")
    if NEEDS_MORE not in clients:
        table.notes.append("httpx is left out: it is not installed; make bench-setup")
    report.tables.append(table)


@contextmanager
def _exchange() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as directory:
        options = ("--port", "0", "--journal", f"{directory}/journal", "--symbols", "100", "--until-stdin-closes")
        with child(sys.executable, "-m", "paper_exchange", "serve", *options) as exchange:
            url = exchange.hear().rpartition(" ")[2]
            yield url, get_json(f"{url}/symbols")["items"][0]["symbol"]


def _measure(client: str, url: str, symbol: str, batch: int, seconds: float) -> Outcome:
    python = BENCH_PYTHON if BENCH_PYTHON.exists() else None
    command = program("exchange_clients", client, url, symbol, str(batch), str(seconds), python=python)
    with child(*command) as process:
        outcome = msgspec.json.decode(process.hear(), type=Outcome)
        process.finish()
    return outcome


def _cpu_us(outcome: Outcome) -> float:
    return outcome.cpu_s * 1_000_000 / len(outcome.took_ms)
