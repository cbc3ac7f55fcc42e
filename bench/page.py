"""The page in a real browser: from a trade to the changed pixel, the first price, long tasks, work per tick, and whether memory grows."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from bench.figures import Latency, figure, latency
from bench.report import Bar, Report, Table, report
from bench.spine import Market, Spine, spine
from tests.page import chromium
from tests.web.client import Client

PROBE = (Path(__file__).parent / "programs" / "page_probe.js").read_text()
COOKIE = "locksley_session"
WAIT_MS = 20_000

FIRST_PRICE_MS_MAX = 1_000
TRADE_TO_PIXEL_P95_MS_MAX = 200
LONG_TASK_MS = 50
TICK_P99_MS_MAX = 8
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
    _first_price(found, [_load_ms(browser, running) for _ in range(loads)])
    with _visit(browser, running) as (_, page, session):
        _live(found, page, session, len(running.symbols), length_s)


def _load_ms(browser: Browser, running: Spine) -> float:
    """A profile of its own each time: nothing is cached."""
    with _visit(browser, running) as (_, page, _session):
        shown: float = page.evaluate("probe.firstPriceMs")
        return shown


@contextmanager
def _visit(browser: Browser, running: Spine) -> Iterator[tuple[BrowserContext, Page, CDPSession]]:
    url = f"http://127.0.0.1:{running.port}"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        context.add_cookies([{"name": COOKIE, "value": running.tokens[0], "url": url}])
        context.add_init_script(PROBE)
        page = context.new_page()
        page.goto(url)
        page.wait_for_function("() => probe.firstPriceMs !== null", timeout=WAIT_MS)
        yield context, page, context.new_cdp_session(page)
    finally:
        context.close()


def _first_price(found: Report, loads_ms: Sequence[float]) -> None:
    table = Table("from the beginning of a cold load to the first live price on screen", ("", "loads", "ms"))
    table.add("first price", len(loads_ms), figure(loads_ms))
    found.tables.append(table)
    found.bars.append(Bar("first price, ms, the slowest load", max(loads_ms), FIRST_PRICE_MS_MAX))


def _live(found: Report, page: Page, session: CDPSession, symbols: int, length_s: float) -> None:
    """Memory is looked at after a fifth of the run, and at its end: at minutes 2 and 10 of the usual one."""
    page.evaluate("probe.isMeasuring = true")
    _wait(page, length_s / 5)
    early_bytes = _heap_bytes(session)
    _wait(page, length_s * 4 / 5)
    late_bytes = _heap_bytes(session)
    _work(found, page, symbols, length_s)
    growth = 100 * (late_bytes - early_bytes) / early_bytes
    table = Table("memory of the page after a forced collection", ("", "MB"))
    table.add(f"after {length_s / 5:.0f} s", early_bytes / 1e6)
    table.add(f"after {length_s:.0f} s", late_bytes / 1e6)
    found.tables.append(table)
    found.bars.append(Bar("growth of memory, %", growth, HEAP_GROWTH_PERCENT_MAX))


def _work(found: Report, page: Page, symbols: int, length_s: float) -> None:
    waits, ticks = latency(_samples(page, "latencies")), latency(_samples(page, "ticks"))
    table = Table(f"{symbols} live symbols for {length_s:.0f} s", ("", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"))
    for name, one in (("trade to changed pixel", waits), ("script and layout of a tick", ticks)):
        table.add(name, *_cells(one))
    long = sorted(_samples(page, "longTasks"))
    table.notes.append(f"tasks over {LONG_TASK_MS} ms: {len(long)}{f', the longest {long[-1]:.0f} ms' if long else ''}")
    found.tables.append(table)
    found.bars += [
        Bar("trade to changed pixel, p95 ms", waits.p95_ms, TRADE_TO_PIXEL_P95_MS_MAX),
        Bar("script and layout of a tick, p99 ms", ticks.p99_ms, TICK_P99_MS_MAX),
        Bar(f"tasks over {LONG_TASK_MS} ms", len(long), 1),
    ]


def _samples(page: Page, name: str) -> list[float]:
    found: list[float] = page.evaluate("(name) => probe.found(name)", name)
    return found


def _cells(one: Latency) -> tuple[int | float, ...]:
    return one.count, one.p50_ms, one.p95_ms, one.p99_ms, one.max_ms


def _wait(page: Page, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        page.wait_for_timeout(min(1_000, 1_000 * left_s))


def _heap_bytes(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return used


if __name__ == "__main__":
    main()
