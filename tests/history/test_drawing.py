from datetime import UTC, datetime, timedelta

import pytest

from locksley.commands.drawing import chart, label

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


def rows_of(values: list[int], minutes: list[float], *, by_time: bool) -> list[int]:
    """The row, from the bottom, of the highest dot of each character."""
    moments = [START + timedelta(minutes=each) for each in minutes]
    lines = chart(values, moments, 67, 12, by_time=by_time)[:12]
    picture = [line[len("$100.00 ") :].ljust(59) for line in lines]
    return [next(12 - row for row in range(12) if picture[row][column] not in " \u2800") for column in range(59)]


def test_values_are_where_their_times_are() -> None:
    rows = rows_of([0, 10_000, 0, 0], [0, 1, 2, 11], by_time=True)
    assert rows.index(12) in range(4, 7)  # an eleventh of the way, where it was a third
    assert set(rows[12:]) == {1}
    assert rows_of([0, 10_000, 0, 0], [0, 1, 2, 11], by_time=False).index(12) in range(18, 21)


@pytest.mark.parametrize("by_time", [True, False])
def test_two_values_are_a_straight_line(by_time: bool) -> None:
    rows = rows_of([0, 10_000], [0, 11], by_time=by_time)
    assert rows == sorted(rows)
    assert set(rows) == set(range(1, 13))


def test_values_of_one_moment_are_drawn() -> None:
    assert len(chart([1, 5], [START, START], 40, 3, by_time=True)) == 4


def test_flat_line_says_its_value_once() -> None:
    assert "".join(chart([10_000_000] * 4, times(4), 60, 5)).count("$100,000.00") == 1


def test_a_days_ends_are_hours_wherever_midnight_is() -> None:
    """Trading from the morning in New York to its evening goes over midnight in some place, which may be here."""
    for hours in range(24):
        begin = START + timedelta(hours=hours)
        assert ":" in label(begin, begin + timedelta(hours=16))
    assert label(START, START + timedelta(days=7)) == START.astimezone().date().isoformat()
