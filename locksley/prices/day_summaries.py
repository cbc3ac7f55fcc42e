"""The exchange's day summaries: who is listed, and each symbol's day so far, read at the start and again when they should have changed.

Reads from the exchange's market data. Writes to the directory and the price processor. If it dies halfway, the next reading repairs it.
"""

import asyncio
from random import Random

import structlog

from locksley.config import Config
from locksley.domain.price import Version
from locksley.exchange.backoff import Backoff
from locksley.exchange.port import ExchangeError, MarketData
from locksley.prices.directory import Directory, Listing
from locksley.prices.processor import PriceProcessor

log = structlog.get_logger()


class DaySummaries:
    def __init__(
        self, market_data: MarketData, directory: Directory, processor: PriceProcessor, config: Config, random: Random
    ) -> None:
        self._market_data = market_data
        self._directory = directory
        self._processor = processor
        self._every_s = config.symbols_refresh_every_ms / 1000
        self._retry = Backoff(config.retry_first_ms, config.retry_most_ms, random)

    async def load(self) -> Version:
        """Read all pages once. The position that all of them include. Raises `ExchangeError`.

        Prices are published before their symbols are listed: what the directory finds has a price in the cache.
        """
        listings: list[Listing] = []
        positions: list[Version] = []
        cursor: str | None = None
        while True:
            with self._processor.recording():
                page = await self._market_data.symbols(cursor)
                self._processor.fill(page)
            positions.append(Version(page.as_of.epoch, page.as_of.sequence))
            listings += [Listing(item.symbol, item.name) for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        await self._processor.publish()
        self._directory.replace(listings)
        return positions[0]

    async def run(self) -> None:
        """Read again when wanted, and now and then; until cancelled."""
        while True:
            await self._wanted()
            try:
                await self.load()
            except ExchangeError as error:
                log.warning("day_summaries_not_read", error=str(error))
                self._processor.refresh_wanted.set()
            else:
                self._retry.reset()
            await asyncio.sleep(self._retry.next_s())

    async def _wanted(self) -> None:
        wanted = self._processor.refresh_wanted
        try:
            async with asyncio.timeout(self._every_s):
                await wanted.wait()
        except TimeoutError:
            return
        wanted.clear()
