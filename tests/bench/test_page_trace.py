"""What a tick is, read from a browser's trace."""

from bench.page_trace import Event, Tick, ticks_of, traced
from tests.page import chromium

BUSY_MS = 30
# What comes from a stream is read after an await, which Chromium tells of apart from functions and events.
BUSY_AFTER_AN_AWAIT = """async (busyMs) => {
  await new Response("").text();
  const until = performance.now() + busyMs;
  while (performance.now() < until);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}"""

PAGE, OTHER = (7, 1), (8, 1)


def _work(name: str, ts: int, dur: int, tdur: int, thread: tuple[int, int] = PAGE) -> Event:
    return Event(name, "X", *thread, ts, dur, tdur)


def _frame_ends(ts: int) -> Event:
    return Event("AnimationFrame::Render", "e", *PAGE, ts)


def test_tick_is_all_work_up_to_its_frame_and_what_is_inside_is_counted_once() -> None:
    events = [
        _work("FunctionCall", 100, 1_000, 900),  # a message came in
        _work("FireAnimationFrame", 2_000, 5_000, 2_000),
        _work("FunctionCall", 2_100, 4_000, 1_800),
        _work("Layout", 3_000, 500, 500),
        _work("UpdateLayoutTree", 7_000, 300, 200),  # what the browser does by itself after it
        _work("Paint", 7_500, 9_000, 9_000),
        _frame_ends(8_000),
        _work("FireAnimationFrame", 9_000, 400, 400),
        _frame_ends(9_500),
    ]
    assert ticks_of(events[::-1]) == [Tick(6.3, 3.1), Tick(0.4, 0.4)]


def test_frames_without_work_and_work_without_a_frame_are_no_ticks() -> None:
    events = [
        _frame_ends(100),
        _work("FireAnimationFrame", 200, 10, 10),
        _frame_ends(300),
        _work("TimerFire", 400, 9, 9),
    ]
    assert ticks_of(events) == [Tick(0.01, 0.01)]


def test_other_threads_are_left_out() -> None:
    events = [
        _work("FireAnimationFrame", 100, 9_000, 9_000, OTHER),
        *(_work("FireAnimationFrame", at, 1_000, 500) for at in (1_000, 2_000)),
        _frame_ends(5_000),
    ]
    assert ticks_of(events) == [Tick(2.0, 1.0)]


def test_nothing_drawn() -> None:
    assert ticks_of([]) == []


def test_work_after_an_await_is_a_ticks() -> None:
    with chromium.running() as browser:
        page = browser.new_page()
        with traced(browser, page) as ticks:
            page.evaluate(BUSY_AFTER_AN_AWAIT, BUSY_MS)
    assert max(tick.clock_ms for tick in ticks) >= BUSY_MS
