"""New York's days: trading days are its dates, whatever UTC says."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DAY_NS = 86_400_000_000_000
NS_PER_S = 1_000_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def date_at(at_ns: int) -> date:
    return datetime.fromtimestamp(at_ns // NS_PER_S, NEW_YORK).date()


def moment_ns(day: date, local: time) -> int:
    """The moment of `local` time on `day` in New York."""
    return int(datetime.combine(day, local, NEW_YORK).timestamp()) * NS_PER_S


def midnight_ns(day: date) -> int:
    """The moment that `day` begins in New York."""
    return moment_ns(day, time())


def day_number(at_ns: int) -> int:
    """Days from 1970 to New York's date at a moment; times `DAY_NS` it is that date's midnight UTC, which names the date in daily bars."""
    return date_at(at_ns).toordinal() - _EPOCH_ORDINAL


def day_begins_ns(number: int) -> int:
    """The moment in New York that the day of a `day_number` begins."""
    return midnight_ns(date.fromordinal(number + _EPOCH_ORDINAL))


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def days_ns(first: date, last: date) -> int:
    """The length of the days from `first` to `last`, both counted, at 24 hours each."""
    return ((last - first).days + 1) * DAY_NS
