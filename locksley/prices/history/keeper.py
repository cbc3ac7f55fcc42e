"""Keeps what trades, to make bars of, beside the price path: a trade is put down as it comes, the work is done for many at once.

Reads from the feed reader (every trade in sequence), and from the exchange's history what the store lacks. Writes to the bar store, every
two minutes, together with the position that the bars go up to. If it dies, the next one asks the exchange for all after that position; what
the exchange no longer has is written down as a gap.
"""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from random import Random

import structlog

from locksley.bar_store.port import BarStore, Gap, Kept
from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.errors import StorageUnavailable
from locksley.domain.price import Trade, Version
from locksley.domain.ticks import Ticks, from_packed
from locksley.exchange.backoff import Backoff
from locksley.exchange.port import AsOf, MarketData
from locksley.prices.history.open_ticks import OpenTicks
from locksley.prices.history.past_trades import Lost, NewEpoch, PastTrades
from locksley.prices.history.waiting_trades import WaitingTrades

log = structlog.get_logger()

# Of a transaction: trades of neighbours lie on the same pages, and others wait for its end, some 30 ms.
SETTLE_SYMBOLS_AT_ONCE = 8
SETTLE_REST_S = 0.005
FOLD_TRADES_AT_ONCE = 1_000  # half a millisecond, then others run
FOLD_TRADES_ASKED = 10_000  # five milliseconds; whoever asks while more is caught up sees it up to there
SORT_TRADES_AT_ONCE = 3_000  # half a millisecond


class BarKeeper:
    """Every trade up to `position` is in the bars, once. None: nothing is known yet of where the exchange is."""

    def __init__(self, store: BarStore, market_data: MarketData, config: Config, clock: Clock, random: Random) -> None:
        self._store = store
        self._past = PastTrades(market_data)
        self._clock = clock
        self._look_every_s = config.bars_look_every_ms / 1000
        self._sort_at = config.bars_sort_at_trades
        self._keep_every_ms = config.bars_keep_every_ms
        self._open_max = config.bars_open_max
        self._begin_wait_s = config.bars_begin_wait_ms / 1000
        self._first_max = config.bars_first_trades_max
        self._retry = Backoff(config.retry_first_ms, config.retry_most_ms, random)
        self._waiting = WaitingTrades(config.bars_waiting_trades_max)
        self._told = self._told_before = Version(0, 0)
        self._open = OpenTicks()
        self._keeping: OpenTicks | None = None
        self._keeping_position = Version(0, 0)
        self._gaps: list[Gap] = []
        self._number = 0
        self._since_ms = 0
        self._is_read = False
        self._begun = asyncio.Event()
        self._kept_position: Version | None = None
        self._newest_ms = 0
        self.position: Version | None = None

    # What the feed tells; never waits

    def take(self, trades: Sequence[Trade]) -> None:
        """In the feed's order. What comes behind a gap waits, and of that what is too much is let go: history gives it back."""
        if self._goes_on(trades[0]):
            self._add(trades)
        else:
            self._waiting.add(trades)

    def note(self, as_of: AsOf) -> None:
        """There are trades up to here."""
        self._told = max(self._told, Version(as_of.epoch, as_of.sequence))

    # What people ask

    @property
    def newest_ms(self) -> int:
        """The market's time up to which nothing is missing; 0 while nothing has traded. What waits behind a gap does not count: a day would
        be taken to be over whose last trades are not here yet."""
        self._fold(FOLD_TRADES_ASKED)
        return self._newest_ms

    @property
    def since_ms(self) -> int:
        """The market's time when keeping began; 0 while nothing has traded."""
        return self._since_ms

    async def knows_since(self) -> bool:
        """Whether it is known since when trades are kept, or that there was none yet; right after a start that has to be waited for."""
        if self._since_ms or self._nothing_traded:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._begin_wait_s):
                await self._begun.wait()
        return bool(self._since_ms) or self._nothing_traded

    def open_ticks(self, symbol: str, number: int) -> Ticks:
        """The newest trades, which the store does not have: `number` is that of the last `keep` that the asker has seen."""
        self._fold(FOLD_TRADES_ASKED)
        keeping = self._keeping.of(symbol) if self._keeping is not None and number <= self._number else b""
        return from_packed(keeping + self._open.of(symbol))

    # Work

    async def run(self) -> None:
        """Until cancelled; what is open then is left to the exchange's history, unless `keep` is called."""
        await self._begin()
        kept_at_ms = self._clock.monotonic_ms()
        while True:
            await asyncio.sleep(self._look_every_s)
            await self._catch_up()
            await self._sort()
            if self._clock.monotonic_ms() - kept_at_ms >= self._keep_every_ms:
                await self.keep()
                await self._settle()
                kept_at_ms = self._clock.monotonic_ms()

    async def keep(self) -> None:
        """Put what is open into the store; what could not be put there before goes first."""
        self._fold()
        if self._keeping is None and not self._swap():
            return
        keeping, position, gaps = self._keeping, self._keeping_position, tuple(self._gaps)
        assert keeping is not None
        kept = Kept(position, self._newest_ms, self._since_ms, self._number + 1)
        try:
            await self._store.keep(keeping.by_symbol(), kept, gaps)
        except StorageUnavailable as error:
            log.warning("bars_not_kept", error=str(error), trades=keeping.count)
            return
        self._number, self._kept_position, self._keeping = kept.number, position, None
        del self._gaps[: len(gaps)]

    def _swap(self) -> bool:
        if self.position is None or self.position == self._kept_position:
            return False
        self._keeping, self._keeping_position = self._open, self.position
        self._open = OpenTicks()
        return True

    async def _begin(self) -> None:
        """Where the store ends; while it can not be read, what trades waits, and history gives back what that lets go."""
        while True:
            try:
                kept = await self._store.kept()
                break
            except StorageUnavailable as error:
                log.error("bars_not_read", error=str(error), cause=str(error.__cause__))
                await asyncio.sleep(self._retry.next_s())
        self._retry.reset()
        if kept is not None:
            self.position = self._kept_position = kept.position
            self._newest_ms, self._since_ms, self._number = kept.newest_ms, kept.since_ms, kept.number
        self._is_read = True
        if self._since_ms or self._nothing_traded:
            self._begun.set()

    @property
    def _nothing_traded(self) -> bool:
        return self._is_read and self._told.epoch > 0 and self._told.sequence == 0 and not self._waiting.count

    async def _settle(self) -> None:
        try:
            while await self._store.settle(self._newest_ms, SETTLE_SYMBOLS_AT_ONCE):
                # Rests as `bar_store.pacing` says why; what trades meanwhile does not pile up.
                await asyncio.sleep(SETTLE_REST_S)
                self._fold(FOLD_TRADES_AT_ONCE)
                await self._sort()
                await self._make_room()
        except StorageUnavailable as error:
            log.warning("bars_not_settled", error=str(error))

    async def _catch_up(self) -> None:
        """Fold what waits, and ask the exchange for what is missing before it."""
        told, self._told_before = self._told_before, self._told
        while await self._make_room():
            while self._fold(FOLD_TRADES_AT_ONCE):
                await self._sort()
                await asyncio.sleep(0)  # others run between two pieces
            if not self._has_room:
                continue
            until = self._waiting.begin or Version(told.epoch, told.sequence + 1)
            if not self._lacks(until):
                return
            if await self._fetch(until):
                self._retry.reset()
            else:
                await asyncio.sleep(self._retry.next_s())
            await self._sort()

    def _lacks(self, until: Version) -> bool:
        """Whether trades before `until` are missing. An exchange that has told nothing yet has no epoch."""
        if until.epoch == 0:
            return False
        position = self.position
        return position is None or Version(position.epoch, position.sequence + 1) < until

    @property
    def _has_room(self) -> bool:
        """Else trades wait, and what can not wait history gives back."""
        return self._open.count < self._open_max

    async def _make_room(self) -> bool:
        """Whether there is some now; not while nothing can be kept."""
        if not self._has_room and self._keeping is None:
            await self.keep()
        return self._has_room

    def _goes_on(self, first: Trade) -> bool:
        """Whether it can be put down at once: it follows on the position, and nothing waits."""
        position = self.position
        if position is None or self._waiting.count or not self._has_room:
            return False
        return first.sequence == position.sequence + 1 and first.epoch == position.epoch

    async def _sort(self) -> None:
        """Once it is worth the work: a symbol's place in memory is fetched once for all."""
        if self._open.unsorted_count >= self._sort_at:
            while self._open.sort(SORT_TRADES_AT_ONCE):  # noqa: ASYNC110  (others run between two pieces)
                await asyncio.sleep(0)

    def _fold(self, trades_max: int = sys.maxsize) -> bool:
        """Take what waits into the bars, as far as nothing is missing before it. Whether there was any."""
        before = self._waiting.count
        while before - self._waiting.count < trades_max and self._fold_one():
            pass
        return self._waiting.count < before

    def _fold_one(self) -> bool:
        """Take the first of what waits into the bars, if nothing is missing before it."""
        position, begin = self.position, self._waiting.begin
        if begin is None or position is None or not self._has_room or self._lacks(begin):
            return False
        trades = self._waiting.take_first()
        self._add(trades if trades[0].version > position else [trade for trade in trades if trade.version > position])
        return True

    def _add(self, trades: Sequence[Trade]) -> None:
        if not trades:
            return
        if not self._since_ms:
            self._since_ms = trades[0].timestamp_ms
            self._begun.set()
        self._open.take(trades)
        self._newest_ms = max(self._newest_ms, self._open.newest_ms)
        self.position = trades[-1].version

    # History

    async def _fetch(self, until: Version) -> bool:
        """Ask for a page of what is missing before `until`. Whether there is less missing now."""
        position = self.position
        if position is None:
            self.position = Version(until.epoch, max(0, until.sequence - 1 - self._first_max))
            return True
        found = await self._past.after(position, until)
        if self.position != position:
            return True
        if found is None:
            return False
        if isinstance(found, Lost):
            return self._give_up(found.last)
        if isinstance(found, NewEpoch):
            log.warning("bars_new_epoch", epoch=found.epoch, before=position)
            self.position = Version(found.epoch, 0)
        else:
            self._add(found)
        return True

    def _give_up(self, last: Version) -> bool:
        position = self.position
        if position is None or last <= position:
            return False
        log.error("bars_lack_trades", first=position, last=last)
        self._gaps.append(Gap(Version(position.epoch, position.sequence + 1), last, self._newest_ms))
        self.position = last
        return True
