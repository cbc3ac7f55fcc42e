"""Whether the market is open, as the exchange last said.

Reads from the exchange's market data every few seconds. Writes to nothing; tells the feed reader up to where there are trades.
"""

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from locksley.clock import Clock
from locksley.config import Config
from locksley.exchange.port import AsOf, ExchangeError, MarketData, MarketStatus

log = structlog.get_logger()


class StatusNow(msgspec.Struct, frozen=True):
    """`open` is None while the exchange has not said. `feed_lag_ms` is None while nothing was heard on the feed."""

    open: bool | None
    opens_at_ms: int | None
    closes_at_ms: int | None
    now_ms: int
    feed_lag_ms: int | None


class MarketStatusWatch:
    """`feed_lag_ms()` is asked for each answer; `on_as_of` is told the feed position that each of the exchange's answers holds."""

    def __init__(
        self,
        market_data: MarketData,
        config: Config,
        clock: Clock,
        *,
        feed_lag_ms: Callable[[], int | None],
        on_as_of: Callable[[AsOf], None],
    ) -> None:
        self._market_data = market_data
        self._every_s = config.market_status_every_ms / 1000
        self._clock = clock
        self._feed_lag_ms = feed_lag_ms
        self._on_as_of = on_as_of
        self._latest: MarketStatus | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(self._every_s)

    async def ask(self) -> None:
        try:
            self._latest = await self._market_data.status()
        except ExchangeError as error:
            log.warning("market_status_not_known", error=str(error))
            return
        if self._latest.as_of is not None:
            self._on_as_of(self._latest.as_of)

    def now(self) -> StatusNow:
        latest = self._latest
        now_ms, lag_ms = self._clock.now_ms(), self._feed_lag_ms()
        if latest is None:
            return StatusNow(None, None, None, now_ms, lag_ms)
        return StatusNow(latest.open, latest.opens_at_ms, latest.closes_at_ms, now_ms, lag_ms)
