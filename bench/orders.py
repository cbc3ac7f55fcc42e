"""How long a person waits for `POST /order`, at a fixed rate, while the market trades and watchers watch; and where it ends."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from bench.figures import figure, latency_figures
from bench.ordering import STRETCH_S, Accounts, Ordered, account_for, order_load
from bench.prices import PriceRun, Watching
from bench.prices import add_to as add_prices
from bench.processes import CpuClock
from bench.report import Bar, Report, Table
from bench.spine import Market, Spine, spine
from bench.watching import Choice, watchers

P99_UNDER_MS = 200.0
ORDERS_PER_SECOND = 500
ORDERS_PER_SECOND_PER_PERSON = 5
PEOPLE_LEAST = 200
CONNECTIONS = 256
SETTLE_S = 2.0
SATURATED_BELOW = 0.95


class OrderRun(NamedTuple):
    ordered: Ordered
    prices: PriceRun | None
    broker_cores: float
    exchange_cores: float
    load_cores: float
    accounts: Accounts


def people_for(orders_per_second: float, choice: Choice | None) -> int:
    """So many that nobody comes near the limit of 10 orders a second each."""
    watching = choice.people() if choice else 0
    return max(PEOPLE_LEAST, watching, int(orders_per_second / ORDERS_PER_SECOND_PER_PERSON))


def measure(market: Market, choice: Choice | None, orders_per_second: float, seconds: float) -> OrderRun:
    with spine(market, people_for(orders_per_second, choice)) as on, ExitStack() as started:
        connected = started.enter_context(watchers(on, choice, 1)) if choice else None
        time.sleep(SETTLE_S)
        watching = Watching(on, connected) if connected else None
        ordered, cores, accounts = _order(on, orders_per_second, seconds, watching)
        return OrderRun(ordered[0], ordered[1], cores["broker"], cores["exchange"], cores["load"], accounts)


def _order(
    on: Spine, orders_per_second: float, seconds: float, watching: Watching | None
) -> tuple[tuple[Ordered, PriceRun | None], dict[str, float], Accounts]:
    began_at = on.ask("/status")["now"]
    with order_load(on, orders_per_second, seconds, CONNECTIONS) as load:
        cpu = CpuClock(broker=on.broker, exchange=on.exchange, load=load.process)
        load.begin()
        time.sleep(seconds)
        cores = cpu.cores()
        prices = watching.end() if watching else None
        ordered = load.end()
    return (ordered, prices), cores, account_for(on, set(ordered.order_ids), began_at)


def run(
    report: Report, market: Market, choice: Choice | None, orders_per_second: float, seconds: float, runs: int
) -> None:
    done = [measure(market, choice, orders_per_second, seconds) for _ in range(runs)]
    report.tables.append(_latencies(done, choice))
    report.tables.append(_stretches(done))
    report.tables.append(_accounts(done))
    p99 = figure([one.ordered.latency.p99_ms for one in done])
    report.bars += [
        Bar(f"p99 of POST /order at {orders_per_second:,.0f} orders/s, ms", p99.median, P99_UNDER_MS),
        Bar("answers other than 201", sum(one.ordered.errors for one in done), 1),
        Bar("orders lost, extra or different at the exchange", sum(one.accounts.wrong for one in done), 1),
    ]
    if choice:
        add_prices(report, [one.prices for one in done if one.prices], market, choice)


def _latencies(done: Sequence[OrderRun], choice: Choice | None) -> Table:
    watching = f"{choice.watchers:,} watchers of {choice.symbols_each} symbols" if choice else "no watchers"
    table = Table(
        f"POST /order from the instant that it was meant for, {watching}, {len(done)} run(s) each",
        (
            "orders/s wanted",
            "answered/s",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "max ms",
            "errors",
            "late p99 ms",
            "broker",
            "exch.",
        ),
    )
    for wanted in dict.fromkeys(one.ordered.wanted_per_second for one in done):
        runs = [one for one in done if one.ordered.wanted_per_second == wanted]
        table.add(
            f"{wanted:,.0f}",
            figure([one.ordered.answered_per_second for one in runs]),
            *latency_figures([one.ordered.latency for one in runs]),
            sum(one.ordered.errors for one in runs),
            figure([one.ordered.late_to_send_p99_ms for one in runs]),
            figure([one.broker_cores for one in runs]),
            figure([one.exchange_cores for one in runs]),
        )
    table.notes += [
        f"{PEOPLE_LEAST} people or more, each at most {ORDERS_PER_SECOND_PER_PERSON} orders a second, "
        f"over {CONNECTIONS} connections; every order with a key.",
        "Four of five are market orders of one share, which fill at once; the fifth is a limit order at a dollar, which rests.",
        "late: from its instant until it left, for want of a free connection or of the load's own time. broker, exch.: cores.",
    ]
    return table


def _stretches(done: Sequence[OrderRun]) -> Table:
    table = Table(
        f"the same, {STRETCH_S:.0f} seconds by {STRETCH_S:.0f}", ("from s", "p50 ms", "p95 ms", "p99 ms", "max ms")
    )
    for number, of_all_runs in enumerate(zip(*(one.ordered.stretches for one in done), strict=False)):
        table.add(f"{number * STRETCH_S:.0f}", *latency_figures(of_all_runs))
    return table


def _accounts(done: Sequence[OrderRun]) -> Table:
    table = Table(
        "where the orders are afterwards", ("run", "answered", "lost", "extra", "different", "statuses", "refusals")
    )
    for number, one in enumerate(done, start=1):
        accounts = one.accounts
        statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(accounts.by_status.items()))
        refusals = ", ".join(f"{count:,} {code}" for code, count in one.ordered.refusals.items()) or "none"
        table.add(str(number), accounts.answered, accounts.lost, accounts.extra, accounts.different, statuses, refusals)
    return table


def ladder(report: Report, market: Market, rates: Sequence[float], seconds: float, runs: int) -> None:
    """Each rate on a new broker, up to the first that it does not keep up with."""
    done: list[OrderRun] = []
    for rate in rates:
        steps = [measure(market, None, rate, seconds) for _ in range(runs)]
        done += steps
        answered = figure([one.ordered.answered_per_second for one in steps]).median
        if answered < SATURATED_BELOW * rate or any(one.ordered.errors for one in steps):
            break
    report.tables.append(_latencies(done, None))
    report.tables.append(_accounts(done))
