"""What happened to a person's cash and shares: fills and transfers, newest first.

Reads from: the order database. Writes nothing.
"""

from collections.abc import Sequence
from heapq import merge
from typing import NamedTuple

from locksley.order_db.port import Fill
from locksley.portfolio.port import ActivityDb, ActivityPage, Transfer

Entry = Fill | Transfer


class Activity(NamedTuple):
    """`next` is the page that follows; None: there is none."""

    entries: Sequence[Entry]
    next: ActivityPage | None


class ActivityLog:
    def __init__(self, db: ActivityDb) -> None:
        self._db = db

    async def page(self, user_id: str, page: ActivityPage) -> Activity:
        one_more = page._replace(limit=page.limit + 1)
        fills, transfers = await self._db.activity(user_id, one_more)
        # Each kind stays as it was booked, though a clock that was set back says otherwise: the next page begins below an id.
        kinds: tuple[Sequence[Entry], Sequence[Entry]] = fills, transfers
        entries = list(merge(*kinds, key=_when, reverse=True))
        shown = entries[: page.limit]
        return Activity(shown, _after(page, shown) if len(entries) > page.limit else None)


def _when(entry: Entry) -> tuple[int, int]:
    """Of one moment, a transfer came before the fills: one cannot buy before there is cash."""
    return (entry.booked_at_ms, 1) if isinstance(entry, Fill) else (entry.at_ms, 0)


def _after(page: ActivityPage, shown: Sequence[Entry]) -> ActivityPage:
    fills = [entry.fill_id for entry in shown if isinstance(entry, Fill)]
    transfers = [entry.transfer_id for entry in shown if isinstance(entry, Transfer)]
    return page._replace(
        fills_before=min(fills) if fills else page.fills_before,
        transfers_before=min(transfers) if transfers else page.transfers_before,
    )
