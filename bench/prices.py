"""How long a price takes from the exchange to those who watch it, the whole market trading at once."""

import time
from typing import NamedTuple

from bench.figures import figure, latency_figures
from bench.processes import CpuClock
from bench.report import Bar, Report, Table
from bench.spine import Market, Spine, spine
from bench.watching import Choice, Watched, Watchers, watchers

P99_UNDER_MS = 200.0
TRADES_PER_SECOND_LEAST = 2_000
SETTLE_S = 2.0


class PriceRun(NamedTuple):
    watched: Watched
    broker_cores: float
    exchange_cores: float
    watchers_cores: float


class Watching:
    """Measuring begins when this is made; `end` it."""

    def __init__(self, on: Spine, watchers: Watchers) -> None:
        self._watchers = watchers
        watchers.begin()
        self._began_s = time.monotonic()
        crowd = {f"watchers {number}": one for number, one in enumerate(watchers.processes)}
        self._cpu = CpuClock(broker=on.broker, exchange=on.exchange, **crowd)

    def end(self) -> PriceRun:
        cores = self._cpu.cores()
        broker, exchange = cores.pop("broker"), cores.pop("exchange")
        watched = self._watchers.end(time.monotonic() - self._began_s)
        return PriceRun(watched, broker, exchange, sum(cores.values()))


def measure(market: Market, choice: Choice, seconds: float, processes: int) -> PriceRun:
    with spine(market, choice.people()) as on, watchers(on, choice, processes) as connected:
        time.sleep(SETTLE_S)
        watching = Watching(on, connected)
        time.sleep(seconds)
        return watching.end()


def tables(runs: list[PriceRun], market: Market, choice: Choice) -> list[Table]:
    watched = [run.watched for run in runs]
    took = Table(
        f"from `sentAt` to a watcher's line: {choice.watchers:,} watchers of {choice.symbols_each} symbols "
        f"({choice.popular} of them among the busiest 1 %), {len(runs)} run(s)",
        ("", "p50 ms", "p95 ms", "p99 ms", "max ms", "updates"),
    )
    took.add("latency", *latency_figures([one.latency for one in watched]), sum(one.latency.count for one in watched))
    took.notes.append(
        "Of trades that one tick makes one update, the newest counts: it is the price that is shown. Each price counts once."
    )
    rates = Table(f"rates: {market.symbols:,} symbols", ("", "a second"))
    rates.add("trades on the exchange", figure([one.trades_per_second for one in watched]))
    rates.add("updates that watchers got", figure([one.updates_per_second for one in watched]))
    rates.add("reads that they took (sends, about)", figure([one.reads_per_second for one in watched]))
    cores = Table("processor, in cores", ("", "cores"))
    cores.add("broker", figure([run.broker_cores for run in runs]))
    cores.add("exchange", figure([run.exchange_cores for run in runs]))
    cores.add("watchers", figure([run.watchers_cores for run in runs]))
    return [took, rates, cores]


def run(report: Report, market: Market, choice: Choice, seconds: float, runs: int, processes: int) -> None:
    done = [measure(market, choice, seconds, processes) for _ in range(runs)]
    add_to(report, done, market, choice)


def add_to(report: Report, done: list[PriceRun], market: Market, choice: Choice) -> None:
    report.tables += tables(done, market, choice)
    p99 = figure([one.watched.latency.p99_ms for one in done])
    report.bars.append(Bar("p99 of a price from exchange to watcher, ms", p99.median, P99_UNDER_MS))
    trades = figure([one.watched.trades_per_second for one in done])
    report.bars.append(
        Bar("trades a second on the exchange meanwhile", trades.least, TRADES_PER_SECOND_LEAST, at_least=True)
    )
