"""The page in a real browser: from a trade to the changed pixel, the first price, long tasks, work per tick, and whether memory grows."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from playwright.sync_api import Browser, CDPSession, Page

from bench.figures import Latency, figure, latency, shown
from bench.page_trace import Tick, traced
from bench.report import Bar, Report, Table, report
from bench.spine import Market, Spine, spine
from tests.page import chromium
from tests.web.client import Client

PROBE = (Path(__file__).parent / "programs" / "page_probe.js").read_text()
COOKIE = "locksley_session"
WAIT_MS = 20_000
TELL_EVERY_S = 15
SETTLE_MS = 200
HEAP_LOOKS = 8
SLOW_TOLD = 5
CAUGHT_UP_FRAMES = 120
FRAMES_PASS = """(most) => new Promise((done) => {
  const next = (left) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
  next(most);
})"""

FIRST_PRICE_MS_MAX = 1_000
TRADE_TO_PIXEL_P95_MS_MAX = 200
LONG_TASK_MS = 50
TICK_MS_MAX = 8
HEAP_GROWTH_PERCENT_MAX = 5


@click.command()
@click.option("--short", is_flag=True, help="A few seconds: whether it runs, not how fast.")
@click.option("--symbols", "count", default=100, show_default=True, type=click.IntRange(1, 200), help="Live at once.")
@click.option("--trades-per-second", default=500, show_default=True, type=click.IntRange(1))
@click.option("--minutes", type=click.FloatRange(0.05), help="Length of the run.  [default: 10]")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures there too."
)
def main(short: bool, count: int, trades_per_second: int, minutes: float | None, json_path: Path | None) -> None:
    """What somebody at the page waits for."""
    found = report("page", "python -m bench.page")
    length_s = 60 * (minutes or (0.1 if short else 10))
    # The market's own symbols are the ones watched: all of its trades are to be drawn.
    with (
        spine(Market(count, trades_per_second), 1) as running,
        chromium.running("--enable-precise-memory-info") as browser,
    ):
        run(found, browser, running, 2 if short else 7, length_s)
    found.show(json_path)


def run(found: Report, browser: Browser, running: Spine, loads: int, length_s: float) -> None:
    Client(running.port, running.tokens[0]).ask("POST", "/watchlists", {"name": "All", "symbols": running.symbols})
    _first_price(found, [_load_ms(browser, running, f"{load} of {loads}") for load in range(1, loads + 1)])
    # The screen that does most in a tick: the list, and beside it the chart of the busiest symbol.
    with _visit(browser, running, f"#/symbol/{running.symbols[0]}") as (page, session):
        page.wait_for_selector(".chart-canvas canvas", timeout=WAIT_MS)
        early_s, ticks, kept_bytes = length_s / 5, list[Tick](), dict[float, float]()
        for from_s, until_s in ((0, early_s), (early_s, length_s)):
            ticks += _live(browser, page, from_s, until_s, length_s)
            kept_bytes[until_s] = _heap_bytes(session)
        _work(found, page, len(running.symbols), length_s, ticks)
        _memory(found, kept_bytes)


def _load_ms(browser: Browser, running: Spine, which: str) -> float:
    """A profile of its own each time: nothing is cached."""
    with _visit(browser, running) as (page, _session):
        shown: float = page.evaluate("probe.firstPriceMs")
        _say(f"cold load {which}: {shown:.0f} ms")
        return shown


@contextmanager
def _visit(browser: Browser, running: Spine, where: str = "") -> Iterator[tuple[Page, CDPSession]]:
    url = f"http://127.0.0.1:{running.port}/"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": running.tokens[0], "url": url}])
    context.add_init_script(PROBE)
    page = context.new_page()
    page.goto(url + where)
    page.wait_for_function("() => probe.firstPriceMs !== null", timeout=WAIT_MS)
    yield page, context.new_cdp_session(page)
    context.close()


def _first_price(found: Report, loads_ms: Sequence[float]) -> None:
    table = Table("from the beginning of a cold load to the first live price on screen", ("", "loads", "ms"))
    table.add("first price", len(loads_ms), figure(loads_ms))
    found.tables.append(table)
    found.bars.append(Bar("first price, ms, the slowest load", max(loads_ms), FIRST_PRICE_MS_MAX))


def _live(browser: Browser, page: Page, from_s: float, until_s: float, whole_s: float) -> list[Tick]:
    """The heap is looked at in between: collections that we force, and what has piled up after them, are none of the page's work."""
    page.evaluate(FRAMES_PASS, CAUGHT_UP_FRAMES)
    with traced(browser, page) as ticks:
        page.evaluate(FRAMES_PASS, CAUGHT_UP_FRAMES)  # the browser starts its trace
        page.evaluate("probe.isMeasuring = true")
        _wait(page, from_s, until_s, whole_s)
        page.wait_for_timeout(SETTLE_MS)  # long tasks are told of late
        page.evaluate("probe.isMeasuring = false")
    return ticks


def _work(found: Report, page: Page, symbols: int, length_s: float, ticks: Sequence[Tick]) -> None:
    waits = latency(_samples(page, "latencies"))
    clock, work = latency(tick.clock_ms for tick in ticks), latency(tick.work_ms for tick in ticks)
    table = Table(f"{symbols} live symbols for {length_s:.0f} s", ("", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"))
    table.add("trade to changed pixel", *_cells(waits))
    table.add("script and layout of a tick, by the clock", *_cells(clock))
    table.add("the same in processor time of the page's thread", *_cells(work))
    long = sorted(_samples(page, "longTasks"))
    table.notes.append(f"tasks over {LONG_TASK_MS} ms: {len(long)}{f', the longest {long[-1]:.0f} ms' if long else ''}")
    slow = sorted((tick for tick in ticks if tick.clock_ms > TICK_MS_MAX), reverse=True)
    each = "; ".join(f"{shown(tick.clock_ms)}: worked {shown(tick.work_ms)}" for tick in slow[:SLOW_TOLD])
    table.notes.append(
        f"ticks over {TICK_MS_MAX} ms by the clock: {len(slow)} of {clock.count:,}{f' ({each})' * bool(slow)}"
    )
    found.tables.append(table)
    found.bars += [
        Bar("trade to changed pixel, p95 ms", waits.p95_ms, TRADE_TO_PIXEL_P95_MS_MAX),
        Bar("script and layout of a tick by the clock, p99 ms", clock.p99_ms, TICK_MS_MAX),
        Bar("script and layout of a tick in processor time, the most of all, ms", work.max_ms, TICK_MS_MAX),
        Bar(f"tasks over {LONG_TASK_MS} ms", len(long), 1),
    ]


def _memory(found: Report, kept_bytes: dict[float, float]) -> None:
    """`kept_bytes` by the second, early and late: at minutes 2 and 10 of the usual run."""
    table = Table("memory of the page after a forced collection", ("", "MB"))
    for at_s, kept in kept_bytes.items():
        table.add(f"after {at_s:.0f} s", kept / 1e6)
    found.tables.append(table)
    early, late = kept_bytes.values()
    found.bars.append(Bar("growth of memory, %", 100 * (late - early) / early, HEAP_GROWTH_PERCENT_MAX))


def _samples(page: Page, name: str) -> list[float]:
    found: list[float] = page.evaluate("(name) => probe.found(name)", name)
    return found


def _cells(one: Latency) -> tuple[int | float, ...]:
    return one.count, one.p50_ms, one.p95_ms, one.p99_ms, one.max_ms


def _wait(page: Page, from_s: float, until_s: float, whole_s: float) -> None:
    began_s = time.monotonic() - from_s
    told_s = from_s
    while (at_s := time.monotonic() - began_s) < until_s:
        if at_s >= told_s + TELL_EVERY_S:
            told_s = at_s
            shown_count, long_count = page.evaluate("[probe.latencies.count, probe.longTasks.count]")
            _say(
                f"{at_s:.0f} of {whole_s:.0f} s: {shown_count:,} prices drawn, {long_count} tasks over {LONG_TASK_MS} ms"
            )
        time.sleep(min(1, until_s - at_s))  # not in the browser's hands: Ctrl-C is heard at once


def _heap_bytes(session: CDPSession) -> float:
    """What the page keeps: the least of several looks, since prices come in between a collection and the look after it."""
    used: list[float] = []
    for _ in range(HEAP_LOOKS):
        session.send("HeapProfiler.collectGarbage")
        used.append(session.send("Runtime.getHeapUsage")["usedSize"])
    return min(used)


def _say(progress: str) -> None:
    click.echo(progress, err=True)


if __name__ == "__main__":
    main()
