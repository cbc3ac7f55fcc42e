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

    async def want(self, symbol: str, size: Size, since_ms: int) -> None:
        """See to it that bars of before `since_ms` are there, as far as the exchange has any. It does not matter if it does not answer."""
        needed = {Size.SECOND: (), Size.DAY: (Size.DAY,)}.get(size, (Size.DAY, Size.MINUTE))
        if all([await self._store.back_history(symbol, one) for one in needed]):
            return
        async with self._one_at_a_time:
            try:
                for one in needed:
                    if not await self._store.back_history(symbol, one):
                        await (self._days(symbol, since_ms) if one is Size.DAY else self._minutes(symbol, since_ms))
            except (ExchangeError, StorageUnavailable) as error:
                log.warning("back_history_not_read", symbol=symbol, error=str(error))

    async def _days(self, symbol: str, since_ms: int) -> None:
        today = market_day(since_ms)
        to_ms = day_starts_ms(today)
        from_ms = to_ms - BARS_AT_ONCE_MAX * DAY_MS
        bars = await self._market_data.bars(symbol, from_ms, to_ms, Size.DAY)
        await self._store.keep_back_history(symbol, Size.DAY, [bar for bar in bars if bar.at < today])

    async def _minutes(self, symbol: str, since_ms: int) -> None:
        """The hours are made of the minutes, and so is the part before it of the day that keeping began in."""
        since, today = since_ms // MINUTE_MS, market_day(since_ms)
        minutes = [bar for bar in await self._pages(symbol, since * MINUTE_MS) if bar.at < since]
        hours = folded(minutes, lambda at: at // MINUTES_PER_HOUR)
        before = [bar for bar in hours if market_day(bar.at * HOUR_MS) == today]
        await self._store.keep_back_history(symbol, Size.HOUR, hours)
        await self._store.keep_back_history(symbol, Size.DAY, folded(before, lambda _at: today))
        await self._store.keep_back_history(symbol, Size.MINUTE, minutes)

    async def _pages(self, symbol: str, to_ms: int) -> Sequence[Bar]:
        bars: list[Bar] = []
        for _ in range(MINUTE_PAGES_MAX):
            from_ms = to_ms - BARS_AT_ONCE_MAX * MINUTE_MS
            page = await self._market_data.bars(symbol, from_ms, to_ms, Size.MINUTE)
            if not page:
                break
            bars = [*page, *bars]
            to_ms = from_ms
        return bars
