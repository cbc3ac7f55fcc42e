from locksley.clock import ManualClock
from locksley.exchange.venue_clock import REMEMBERED_MS, VenueClock

CALL_TIMEOUT_MS = 5_000
THERE_MS = 1_000_000_000


def heard() -> tuple[ManualClock, VenueClock]:
    ours = ManualClock(0)
    theirs = VenueClock(ours, CALL_TIMEOUT_MS)
    theirs.heard(THERE_MS)
    return ours, theirs


def test_a_slow_answer_does_not_pull_it_back() -> None:
    ours, theirs = heard()
    ours.advance(10_000)
    theirs.heard(THERE_MS + 10_000 - CALL_TIMEOUT_MS)
    assert theirs.now_ms() == THERE_MS + 10_000


def test_a_quicker_answer_brings_it_nearer() -> None:
    ours, theirs = heard()
    ours.advance(10_000)
    theirs.heard(THERE_MS + 10_040)
    assert theirs.now_ms() == THERE_MS + 10_040


def test_their_clock_is_set_back() -> None:
    ours, theirs = heard()
    ours.advance(10_000)
    theirs.heard(THERE_MS - 3_600_000)
    assert theirs.now_ms() == THERE_MS - 3_600_000


def test_their_clock_is_set_back_by_less_than_an_answer_may_take() -> None:
    ours, theirs = heard()
    for _ in range(5):
        ours.advance(REMEMBERED_MS // 2)
        theirs.heard(THERE_MS + ours.monotonic_ms() - 2_000)
    assert theirs.now_ms() == THERE_MS + ours.monotonic_ms() - 2_000


def test_our_wall_clock_does_not_matter() -> None:
    ours, theirs = heard()
    ours.jump(3_600_000)
    assert theirs.now_ms() == THERE_MS
