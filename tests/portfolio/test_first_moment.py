"""Where a person's line of value begins."""

import pytest

from locksley.web.portfolio import _from_the_start

HOUR_MS = 3_600_000
LATER_MS = 10 * HOUR_MS


@pytest.mark.parametrize("first_ms", [HOUR_MS + 1, 2 * HOUR_MS - 1_500])
def test_line_begins_the_second_after_the_first_transfer(first_ms: int) -> None:
    start_ms = (first_ms // 1_000 + 1) * 1_000
    assert list(_from_the_start(first_ms, [2 * HOUR_MS, 3 * HOUR_MS], LATER_MS)) == [start_ms, 2 * HOUR_MS, 3 * HOUR_MS]


def test_transfer_at_the_very_beginning_of_an_interval() -> None:
    """As of that moment there was nothing yet, and a line that begins at nothing shows a gain that is none."""
    assert list(_from_the_start(HOUR_MS, [HOUR_MS, 2 * HOUR_MS], LATER_MS)) == [HOUR_MS + 1_000, 2 * HOUR_MS]


def test_start_that_is_a_moment_already_stands_once() -> None:
    assert list(_from_the_start(2 * HOUR_MS - 1, [2 * HOUR_MS], LATER_MS)) == [2 * HOUR_MS]


def test_account_of_this_second_has_no_past_yet() -> None:
    assert list(_from_the_start(HOUR_MS, [HOUR_MS], HOUR_MS + 500)) == []
