from datetime import UTC, datetime, timedelta

import pytest

from locksley.commands.drawing import chart

START = datetime(2026, 11, 20, 15, tzinfo=UTC)


def times(count: int) -> list[datetime]:
    return [START + timedelta(minutes=number) for number in range(count)]


@pytest.mark.parametrize("width", [20, 21, 40, 80, 200])
@pytest.mark.parametrize("values", [[1], [5, 5], [100, 90_000_000_000], list(range(1_000)), [3, 1, 2] * 50])
def test_chart_fits_the_width(values: list[int], width: int) -> None:
    lines = chart(values, times(len(values)), width, 8)
    assert len(lines) == 9
    assert max(map(len, lines[:8])) <= width or width < 40


def test_highest_is_at_the_top_and_lowest_at_the_bottom() -> None:
    lines = chart([100, 200, 300], times(3), 40, 3)
    assert "3.00" in lines[0]
    assert "1.00" in lines[2]
    assert lines[0].rstrip()[-1] != "\u2800"
    picture = lines[2].split()[-1]
    assert ord(picture[0]) > 0x2800


def test_rise_is_drawn_from_left_to_right() -> None:
    rows = [line[-6:] for line in chart([0, 1], times(2), 20 + 6, 2)[:2]]
    assert rows[0] != rows[1]
