"""What the page's thread works for each tick, as Chromium's tracing tells it: by the clock, and in processor time. The two differ by the
time in which the machine ran something else.

A tick is all that the page does up to a frame and for it: the messages that came in since the last one, what is drawn, styles, layout.
"""

import base64
import gzip
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from playwright.sync_api import Browser, Page

CATEGORIES = ["devtools.timeline", "v8.execute"]  # the second for what goes on after an await
# Whatever is inside another of them is counted with that.
SCRIPT = frozenset({"FireAnimationFrame", "FunctionCall", "EventDispatch", "TimerFire", "RunMicrotasks"})
LAYOUT = frozenset({"UpdateLayoutTree", "Layout"})
FRAME = "AnimationFrame::Render"
READ_BYTES = 1 << 20
COMPLETE_S_MAX = 60


class Tick(NamedTuple):
    """Script and layout by the clock, and in processor time."""

    clock_ms: float
    work_ms: float


class Event(msgspec.Struct):
    """Of the trace event format: times in microseconds, `tdur` those of the thread's own processor time."""

    name: str
    ph: str
    pid: int
    tid: int
    ts: int
    dur: int = 0
    tdur: int = 0


class Trace(msgspec.Struct, rename={"events": "traceEvents"}):
    events: list[Event]


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[Tick]]:
    """The ticks are in the list after the block."""
    session = browser.new_browser_cdp_session()
    complete: list[dict[str, Any]] = []
    session.on("Tracing.tracingComplete", lambda told: complete.append(told))  # noqa: PLW0108  (Playwright marks what it is given)
    wanted = {"recordMode": "recordAsMuchAsPossible", "includedCategories": CATEGORIES}
    session.send(
        "Tracing.start", {"transferMode": "ReturnAsStream", "streamCompression": "gzip", "traceConfig": wanted}
    )
    ticks: list[Tick] = []
    yield ticks
    session.send("Tracing.end")
    until_s = time.monotonic() + COMPLETE_S_MAX
    while not complete:
        if time.monotonic() > until_s:
            raise TimeoutError(f"the browser did not end its trace within {COMPLETE_S_MAX} s")
        page.wait_for_timeout(50)
    if complete[0].get("dataLossOccurred"):
        raise ValueError("the browser could not keep all of the trace: measure for a shorter time")
    handle, parts = complete[0]["stream"], []
    while True:
        answer = session.send("IO.read", {"handle": handle, "size": READ_BYTES})
        parts.append(base64.b64decode(answer["data"]))
        if answer["eof"]:
            break
    session.send("IO.close", {"handle": handle})
    ticks += ticks_of(msgspec.json.decode(gzip.decompress(b"".join(parts)), type=Trace).events)


def ticks_of(events: Sequence[Event]) -> list[Tick]:
    """Of the thread that draws most frames; what comes after the last frame is no tick."""
    threads = Counter((event.pid, event.tid) for event in events if event.name == "FireAnimationFrame")
    if not threads:
        return []
    [(page_thread, _)] = threads.most_common(1)
    return list(_ticks(sorted((event for event in events if (event.pid, event.tid) == page_thread), key=_when)))


def _ticks(ordered: Iterable[Event]) -> Iterator[Tick]:
    clock_us = work_us = inside_until = 0
    for event in ordered:
        if event.ph == "X" and event.ts >= inside_until and event.name in SCRIPT | LAYOUT:
            inside_until = event.ts + event.dur
            clock_us += event.dur
            work_us += event.tdur
        elif event.ph == "e" and event.name == FRAME and clock_us:
            yield Tick(clock_us / 1_000, work_us / 1_000)
            clock_us = work_us = 0


def _when(event: Event) -> tuple[int, int]:
    """Of those that begin together, the one that holds the others first."""
    return event.ts, -event.dur
