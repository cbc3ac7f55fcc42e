"""What symbols did before bars were kept here, asked from the exchange when somebody first wants to see it, and kept.

Reads from the exchange's market data. Writes to the bar store. If it dies halfway, the next who wants to see it repairs that.
"""

import asyncio
from collections.abc import Sequence

import structlog

from locksley.bar_store.port import BarStore
from locksley.domain.bar import Bar, Size, folded
from locksley.domain.errors import StorageUnavailable
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.exchange.port import ExchangeError, MarketData

log = structlog.get_logger()

BARS_AT_ONCE_MAX = 10_000  # that the exchange gives in one answer
MINUTE_PAGES_MAX = 6  # some forty days
MINUTE_MS = 60_000
MINUTES_PER_HOUR = 60
DAY_MS = 24 * HOUR_MS


class BackHistory:
    def __init__(self, store: BarStore, market_data: MarketData) -> None:
        self._store = store
        self._market_data = market_data
        self._one_at_a_time = asyncio.Lock()

    async def want(self, symbol: str, size: Size, since_ms: int) -> bool:
        """See to it that bars of before `since_ms` are there, as far as the exchange has any. False: it gave no answer."""
        needed = {Size.SECOND: (), Size.DAY: (Size.DAY,)}.get(size, (Size.DAY, Size.MINUTE))
        if all([await self._store.back_history(symbol, one) for one in needed]):
            return True
        async with self._one_at_a_time:
            try:
                for one in needed:
                    if not await self._store.back_history(symbol, one):
                        await (self._days(symbol, since_ms) if one is Size.DAY else self._minutes(symbol, since_ms))
            except (ExchangeError, StorageUnavailable) as error:
                log.warning("back_history_not_read", symbol=symbol, error=str(error))
                return False
        return True

    async def _days(self, symbol: str, since_ms: int) -> None:
        """Whole days, and the minutes of the day that keeping began in, up to then: its day and hours go on being made of them."""
        today = market_day(since_ms)
        midnight_ms = day_starts_ms(today)
        bars = await self._market_data.bars(symbol, midnight_ms - BARS_AT_ONCE_MAX * DAY_MS, midnight_ms, Size.DAY)
        minutes = await self._minutes_between(symbol, midnight_ms, since_ms // MINUTE_MS * MINUTE_MS)
        days = [bar for bar in bars if bar.at < today] + folded(minutes, lambda _at: today)
        parts = {Size.DAY: days, Size.HOUR: _hours(minutes), Size.MINUTE: minutes}
        await self._store.keep_back_history(symbol, Size.DAY, parts)

    async def _minutes(self, symbol: str, since_ms: int) -> None:
        """Those of the days before."""
        midnight_ms = day_starts_ms(market_day(since_ms))
        minutes = await self._pages(symbol, midnight_ms)
        await self._store.keep_back_history(symbol, Size.MINUTE, {Size.HOUR: _hours(minutes), Size.MINUTE: minutes})

    async def _pages(self, symbol: str, to_ms: int) -> Sequence[Bar]:
        bars: list[Bar] = []
        for _ in range(MINUTE_PAGES_MAX):
            from_ms = to_ms - BARS_AT_ONCE_MAX * MINUTE_MS
            page = await self._minutes_between(symbol, from_ms, to_ms)
            if not page:
                break
            bars = [*page, *bars]
            to_ms = from_ms
        return bars

    async def _minutes_between(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        if from_ms >= to_ms:
            return []
        bars = await self._market_data.bars(symbol, from_ms, to_ms, Size.MINUTE)
        return [bar for bar in bars if from_ms <= bar.at * MINUTE_MS < to_ms]


def _hours(minutes: Sequence[Bar]) -> list[Bar]:
    return folded(minutes, lambda at: at // MINUTES_PER_HOUR)
