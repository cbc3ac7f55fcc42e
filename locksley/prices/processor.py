"""The price processor: trades become prices.

Reads from the feed reader (every trade once, in any order) and from the exchange's day summaries. Writes to the price cache,
then to the bus. Keeps each symbol's day in memory only: after a restart the day summaries fill it, and trades
that they include are not counted twice.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from locksley.bus.port import Bus
from locksley.config import Config
from locksley.domain.market_day import market_day
from locksley.domain.price import Day, Price, Trade, Version
from locksley.exchange.port import AsOf, SymbolDay, SymbolDays
from locksley.price_cache.port import PriceCache
from locksley.prices.messages import channel_of, encode_price

log = structlog.get_logger()


class PriceProcessor:
    """`refresh_wanted` is set when the day summaries should be read again: a day has changed, the exchange began anew, a name is new."""

    def __init__(self, cache: PriceCache, bus: Bus, config: Config, *, retry_s: float = 1.0) -> None:
        self._cache = cache
        self._bus = bus
        self._publish_every_s = config.publish_every_ms / 1000
        self._retry_s = retry_s
        self._recorded_max = config.feed_ahead_trades_max
        self._days: dict[str, Day] = {}
        self._shares: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._recorded: list[Trade] | None = None
        self._asked_about: set[str] = set()
        self._newest_ms = 0
        self._epoch: int | None = None
        self.published_count = 0
        self.refresh_wanted = asyncio.Event()

    def take(self, trades: Sequence[Trade]) -> None:
        """Trades as they come; each once, in any order."""
        if self._recorded is not None:
            self._record(self._recorded, trades)
        days, shares = self._days, self._shares
        for trade in trades:
            day = days.get(trade.symbol)
            if day is None:
                self._ask_about(trade.symbol)
            elif day.trade(trade):
                shares[trade.symbol] = shares.get(trade.symbol, 0) + trade.num_shares
        self._watch_the_calendar(trades[-1])
        self._changed.set()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Around the reading of a page of day summaries: trades that overtake it are put on top of it by `fill`."""
        self._recorded = []
        try:
            yield
        finally:
            self._recorded = None

    def fill(self, page: SymbolDays) -> None:
        """The exchange's own figures, which are the truth as of their position; newer trades recorded meanwhile are put on top."""
        as_of = Version(page.as_of.epoch, page.as_of.sequence)
        self._epoch = as_of.epoch
        newer = self._newer(as_of)
        self._newest_ms = max([self._newest_ms, *(summary.timestamp_ms or 0 for summary in page.items)])
        for summary in page.items:
            before = self._days.get(summary.symbol)
            day = _day_of(summary, page.as_of, self._newest_ms)
            for trade in newer.get(summary.symbol, ()):
                day.trade(trade)
            self._days[summary.symbol] = day
            if before is None or before.price(0) != day.price(0):
                self._shares.setdefault(summary.symbol, 0)
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.publish()
            await asyncio.sleep(self._publish_every_s)

    async def publish(self) -> None:
        """What changed, once a symbol: to the cache first, so that whoever hears of it on the bus finds it there."""
        shares, self._shares = self._shares, {}
        prices = [self._days[symbol].price(num_shares) for symbol, num_shares in shares.items()]
        try:
            await self._cache.put_many(prices)
            await self._bus.publish([(channel_of(price.symbol), encode_price(price)) for price in prices])
            self.published_count += len(prices)
        except OSError as error:
            log.warning("prices_not_published", error=str(error), symbols=len(prices))
            self._keep_for_later(prices)
            await asyncio.sleep(self._retry_s)

    def _ask_about(self, symbol: str) -> None:
        # Its trades up to now will be in the summary; those that overtake the summary are recorded while it is read.
        if symbol not in self._asked_about:
            self._asked_about.add(symbol)
            self.refresh_wanted.set()

    def _keep_for_later(self, prices: Sequence[Price]) -> None:
        for price in prices:
            self._shares[price.symbol] = self._shares.get(price.symbol, 0) + price.last_num_shares
        self._changed.set()

    def _record(self, recorded: list[Trade], trades: Sequence[Trade]) -> None:
        recorded.extend(trades)
        if len(recorded) > self._recorded_max:
            # Then the page comes out too low, until the next refresh puts it right.
            del recorded[: -self._recorded_max]
            self.refresh_wanted.set()

    def _newer(self, as_of: Version) -> dict[str, list[Trade]]:
        newer: dict[str, list[Trade]] = {}
        for trade in self._recorded or ():
            if trade.version > as_of:
                newer.setdefault(trade.symbol, []).append(trade)
        return newer

    def _watch_the_calendar(self, newest: Trade) -> None:
        if self._epoch is not None and newest.epoch != self._epoch:
            self.refresh_wanted.set()
        before_ms, now_ms = self._newest_ms, newest.timestamp_ms
        if now_ms <= before_ms:
            return
        self._newest_ms = now_ms
        if before_ms and market_day(now_ms) != market_day(before_ms):
            self.refresh_wanted.set()


def _day_of(summary: SymbolDay, as_of: AsOf, newest_ms: int) -> Day:
    """`newest_ms`: the market's time, as far as it is known. In a replay it is not the exchange's clock."""
    traded = summary.last_price_e4 is not None
    version = Version(summary.epoch, summary.sequence) if traded else Version(0, 0)
    return Day(
        symbol=summary.symbol,
        name=summary.name,
        price_e4=summary.last_price_e4 if summary.last_price_e4 is not None else summary.previous_close_e4,
        version=version,
        updated_at_ms=summary.timestamp_ms or newest_ms or as_of.now_ms,
        previous_close_e4=summary.previous_close_e4,
        day=market_day(newest_ms) if newest_ms else 0,
        as_of=Version(as_of.epoch, as_of.sequence),
        open_e4=summary.day_open_e4,
        high_e4=summary.day_high_e4,
        low_e4=summary.day_low_e4,
        volume=summary.day_volume,
    )
