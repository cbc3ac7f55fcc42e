"""Which day of the market a moment belongs to: the date in New York."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
EARLIEST_DAY = date(1900, 1, 1).toordinal()  # when New York had its time of full hours already
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def market_day(at_ms: int) -> int:
    """The day's number: days since the year 1. `at_ms` is milliseconds since 1970 UTC."""
    # Midnight in New York falls on a full hour UTC, so that all of an hour has one answer.
    return _day_of_hour(at_ms // HOUR_MS)


@lru_cache(maxsize=8_192)
def day_starts_ms(day: int) -> int:
    """Midnight in New York, at which a day begins; milliseconds since 1970 UTC."""
    midnight = datetime.combine(date.fromordinal(day), time(), _new_york())
    return (midnight - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=16_384)
def _day_of_hour(hour: int) -> int:
    return (_EPOCH + timedelta(hours=hour)).astimezone(_new_york()).toordinal()


@lru_cache(maxsize=1)
def _new_york() -> ZoneInfo:
    return ZoneInfo("America/New_York")
