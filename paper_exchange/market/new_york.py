"""New York's days: trading days are its dates, whatever UTC says."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DAY_NS = 86_400_000_000_000
NS_PER_S = 1_000_000_000


def date_at(at_ns: int) -> date:
    return datetime.fromtimestamp(at_ns // NS_PER_S, NEW_YORK).date()


def moment_ns(day: date, local: time) -> int:
    """The moment of `local` time on `day` in New York."""
    return int(datetime.combine(day, local, NEW_YORK).timestamp()) * NS_PER_S


def midnight_ns(day: date) -> int:
    """The moment that `day` begins in New York."""
    return moment_ns(day, time())


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def days_ns(first: date, last: date) -> int:
    """The length of the days from `first` to `last`, both counted, at 24 hours each."""
    return ((last - first).days + 1) * DAY_NS
