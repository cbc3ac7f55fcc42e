"""Works out, once a day is over, what everyone had who traded in it, so that nobody waits for it later.

Reads from and writes to the value over time. If it dies halfway, whoever asks for a value works it out.
"""

import asyncio

import structlog

from locksley.domain.errors import StorageUnavailable
from locksley.domain.market_day import day_starts_ms, market_day
from locksley.portfolio.port import PortfolioDb
from locksley.portfolio.value_over_time import DAY_FINAL_AFTER_MS, ValueOverTime

log = structlog.get_logger()

PEOPLE_AT_ONCE = 100


class DayEnds:
    def __init__(self, db: PortfolioDb, values: ValueOverTime, *, every_ms: int) -> None:
        self._db = db
        self._values = values
        self._every_s = every_ms / 1000
        self._done_day = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.work()
            except StorageUnavailable as error:
                log.warning("day_ends_not_kept", error=str(error))

    async def work(self) -> None:
        """The last day that is over, if it was not done before."""
        today = market_day(self._values.now_ms - DAY_FINAL_AFTER_MS)
        if today <= self._done_day:
            return
        user_id = ""
        while people := await self._db.people_who_traded(day_starts_ms(today - 1), user_id, PEOPLE_AT_ONCE):
            for user_id in people:
                await self._values.at(user_id, [day_starts_ms(today)])
                await asyncio.sleep(0)
        self._done_day = today
