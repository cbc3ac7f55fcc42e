"""The market's day is the date in New York, in summer and in winter."""

from datetime import UTC, date, datetime

import pytest

from locksley.domain.market_day import market_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 4, 59, 59, 999_000, UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 7, 1, 3, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 7, 1, 4, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 3, 8, 5, 0, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 4, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2003, 4, 6, 4, 59, tzinfo=UTC), date(2003, 4, 5)),
    ],
)
def test_day(moment: datetime, day: date) -> None:
    assert market_day(int(moment.timestamp() * 1000)) == day.toordinal()
