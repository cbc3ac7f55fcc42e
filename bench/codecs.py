"""JSON libraries on our own messages: an order in, an order out, a line of the exchange's feed."""

import msgspec

from bench.figures import figure
from bench.processes import BENCH_PYTHON, child, program
from bench.programs.codecs import TRADES_PER_LINE
from bench.report import Report, Table

WORKS = ("decode order", "encode order", "decode feed line")
OURS = "msgspec"

Timed = dict[str, dict[str, float]]


def run(report: Report, round_ms: float, runs: int) -> None:
    rounds = [_round(round_ms) for _ in range(runs)]
    table = Table(
        f"processor time in microseconds; a feed line is {TRADES_PER_LINE} trades; {runs} run(s), each library in turn",
        ("", *(column for work in WORKS for column in (f"{work} us", "of ours"))),
    )
    for name in rounds[0]:
        cells: list[str] = []
        for work in WORKS:
            took = figure([one[name][work] for one in rounds])
            ours = figure([one[OURS][work] for one in rounds])
            cells += [str(took), f"{took.median / ours.median:.1f} x"]
        table.add(name, *cells)
    table.notes.append(
        "From bytes to a checked struct of ours, and back; what a library leaves to be done by hand is included."
    )
    if "orjson" not in rounds[0]:
        table.notes.append("orjson is left out: it is not installed; make bench-setup")
    report.tables.append(table)


def _round(round_ms: float) -> Timed:
    python = BENCH_PYTHON if BENCH_PYTHON.exists() else None
    with child(*program("codecs", str(round_ms), python=python)) as process:
        timed = msgspec.json.decode(process.hear(), type=Timed)
        process.finish()
    return timed
