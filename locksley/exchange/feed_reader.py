"""The feed reader: one connection for everything that trades.

Reads from the exchange's feed, and from its history where the feed left a gap. Gives each trade once to the price side as it arrives, and
to the order side in sequence. Keeps nothing: if it dies, a new one starts from the position that the order side has stored.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import structlog

from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.price import Trade, Version
from locksley.exchange.backoff import Backoff
from locksley.exchange.cut_short import CutShort
from locksley.exchange.delivery import Delivery
from locksley.exchange.hearing import Hearing
from locksley.exchange.owed import Owed
from locksley.exchange.port import (
    HISTORY_WITHOUT_MAX,
    AsOf,
    ExchangeError,
    Feed,
    FeedLine,
    FeedStart,
    HistoryGone,
    MarketData,
    OutcomeUnknown,
)
from locksley.exchange.sequencer import Sequencer

log = structlog.get_logger()

OnPrices = Callable[[Sequence[Trade]], None]
OnOrders = Callable[[Sequence[Trade], Version], Awaitable[None]]
OnNewEpoch = Callable[[int], Awaitable[None]]
OnHistoryLost = Callable[[Version, Version], Awaitable[None]]


class FeedReader:
    """`start` is the position to go on from; None: from where the exchange is now.

    `on_prices(trades)` gets every trade once, at once, in any order. The others are awaited one after the other, in the feed's order:
    `on_orders(trades, position)` without gaps, `on_new_epoch(epoch)` when the exchange has begun anew, `on_history_lost(first, last)` for
    trades that can not be had any more. One that raises ends `run`.
    """

    def __init__(
        self,
        feed: Feed,
        market_data: MarketData,
        config: Config,
        clock: Clock,
        random: Random,
        *,
        start: Version | None,
        on_prices: OnPrices,
        on_orders: OnOrders,
        on_new_epoch: OnNewEpoch,
        on_history_lost: OnHistoryLost,
    ) -> None:
        self._feed = feed
        self._market_data = market_data
        self._config = config
        self._start = start
        self._on_prices = on_prices
        self._delivery = Delivery(on_orders, on_new_epoch, on_history_lost)
        self._reconnect = self._backoff(random)
        self._ask_again = self._backoff(random)
        self._epoch = 0
        self._trades = Sequencer(0)
        self._moved = asyncio.Event()
        self._attention = asyncio.Event()
        self._head: int | None = None
        self._owed = Owed()
        self._hearing = Hearing(clock, config.feed_silence_max_ms)
        self._cut_short = CutShort(clock, config.feed_cut_short_ms, config.feed_cut_short_max)
        self._behind = False
        self.trades_count = self.connects_count = self.gaps_count = self.lost_count = 0
        self.connected = False

    @property
    def position(self) -> Version:
        """Up to where the order side has everything."""
        return self._delivery.position

    @property
    def caught_up(self) -> bool:
        """Whether, since this connection opened, everything was read that had traded by then, and nothing is missing."""
        is_here = self.connected and not self._behind
        return is_here and self._head is not None and self._trades.position >= self._head

    @property
    def waiting_count(self) -> int:
        """Trades that wait for a gap to be filled, or for the order side."""
        return self._trades.ahead_count + self._delivery.waiting_count

    @property
    def stale(self) -> bool:
        """Whether prices are not live: the feed has given neither trade nor heartbeat within the bound, or it is not the one of before."""
        return self._behind or self._hearing.is_silent

    @property
    def lag_ms(self) -> int | None:
        return self._hearing.lag_ms

    def note(self, as_of: AsOf) -> None:
        """Some answer says up to where there are trades: what a quiet feed owes beyond that is asked from history."""
        if as_of.epoch == self._epoch:
            self._owed.note(as_of.sequence)

    async def run(self) -> None:
        """Until cancelled."""
        start = self._start or await self._where_the_exchange_is()
        self._epoch, self._trades = start.epoch, Sequencer(start.sequence)
        self._delivery.position = start
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stay_connected())
            tasks.create_task(self._fill_gaps())
            tasks.create_task(self._delivery.run(self._moved))

    def _backoff(self, random: Random) -> Backoff:
        return Backoff(self._config.feed_reconnect_first_ms, self._config.feed_reconnect_most_ms, random)

    async def _where_the_exchange_is(self) -> Version:
        while True:
            try:
                as_of = (await self._market_data.symbols()).as_of
            except ExchangeError as error:
                log.warning("feed_start_unknown", error=str(error))
                await asyncio.sleep(self._reconnect.next_s())
            else:
                return Version(as_of.epoch, as_of.sequence)

    # The connection

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._read_until_it_breaks()
            except HistoryGone as gone:
                log.error("feed_history_gone", epoch=gone.epoch, oldest_sequence=gone.oldest_sequence)
                self._skip_to(gone)
            except (ExchangeError, TimeoutError) as error:
                if isinstance(error, ExchangeError):  # what is only silent was not ended
                    self._cut_short.ended()
                log.warning(
                    "feed_lost", error=str(error) or "silent", epoch=self._epoch, sequence=self._trades.position
                )
            finally:
                self.connected = False
                self._head = None
            # The exchange is to have seen the end of one connection before it sees the next.
            await asyncio.sleep(self._config.exchange_reconnect_pause_ms / 1000 + self._reconnect.next_s())

    async def _read_until_it_breaks(self) -> None:
        asked = Version(self._epoch, self._trades.position)
        async with self._feed.open(*asked) as (start, lines):
            self._begin(asked, start)
            while True:
                async with asyncio.timeout(self._config.feed_silence_max_ms / 1000):
                    line = await anext(lines, None)
                if line is None:
                    raise OutcomeUnknown("the feed ended")
                if not self._cut_short.is_struck:
                    self._reconnect.reset()
                self._take_line(line)
                await self._room()

    def _begin(self, asked: Version, start: FeedStart) -> None:
        self._be_in_epoch(start.epoch)
        if start.epoch == asked.epoch and start.next_sequence <= asked.sequence:
            self._fall_behind(start)
        self._trades.learn(start.next_sequence - 1)
        self.connected = True
        self._cut_short.opened()
        self.connects_count += 1
        self._hearing.hear()
        self._attention.set()

    def _fall_behind(self, start: FeedStart) -> None:
        """The exchange has forgotten trades that it told: what it tells in this epoch can not be matched to what is known."""
        self._behind = True
        log.error(
            "feed_went_back",
            epoch=start.epoch,
            next_sequence=start.next_sequence,
            sequence=self._trades.position,
            remedy="restore the exchange's journal, or start the exchange with a new one so that it begins a new epoch",
        )

    def _take_line(self, line: FeedLine) -> None:
        self._be_in_epoch(line.epoch)
        if line.trades:
            self._hearing.hear(max(trade.sent_at_ms for trade in line.trades))
            self._take(line.trades)
        else:
            self._hearing.hear()
            self._take_heartbeat()
        if not self._trades.whole:
            self._attention.set()

    def _take_heartbeat(self) -> None:
        self._trades.learn(self._owed.at_heartbeat())
        if self._head is None and self._trades.whole:
            self._head = self._trades.position

    async def _room(self) -> None:
        """Stop reading while too much waits: for a gap to be filled, or for the order side."""
        most = self._config.feed_ahead_trades_max
        while self._trades.ahead_count >= most or self._delivery.waiting_count >= most:
            self._moved.clear()
            await self._moved.wait()

    # Trades

    def _take(self, trades: Sequence[Trade]) -> None:
        new, in_order = self._trades.take(trades)
        if new:
            self.trades_count += len(new)
            self._on_prices(new)
        if in_order:
            self._delivery.trades(in_order)
        self._moved.set()

    def _be_in_epoch(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        log.warning("feed_new_epoch", epoch=epoch, before=self._epoch, sequence=self._trades.position)
        self._give_up(self._trades.newest)
        self._epoch, self._trades = epoch, Sequencer(0)
        self._owed = Owed()
        self._head = None
        self._behind = False
        self._delivery.new_epoch(epoch)
        self._moved.set()

    def _skip_to(self, gone: HistoryGone) -> None:
        self._be_in_epoch(gone.epoch)
        self._give_up(gone.oldest_sequence - 1)

    def _give_up(self, until: int) -> None:
        while (given_up := self._trades.give_up(until)) is not None:
            (first, last), in_order = given_up
            self.lost_count += last - first + 1
            log.error("feed_trades_lost", epoch=self._epoch, first=first, last=last)
            self._delivery.lost(Version(self._epoch, first), Version(self._epoch, last))
            if in_order:
                self._delivery.trades(in_order)
        self._moved.set()

    # Gaps

    async def _fill_gaps(self) -> None:
        without = 0
        while True:
            await self._attention.wait()
            self._attention.clear()
            try:
                await self._find_head()
                while not self._trades.whole:
                    without = 0 if await self._fill_gap() else without + 1
                    if without:
                        self._stop_asking(without)
                        await asyncio.sleep(self._ask_again.next_s())
                self._ask_again.reset()
            except HistoryGone as gone:
                self._skip_to(gone)
                self._attention.set()
            except ExchangeError as error:
                log.warning("feed_gap_not_filled", error=str(error), gap=self._trades.gap)
                self._attention.set()
                await asyncio.sleep(self._ask_again.next_s())

    async def _find_head(self) -> None:
        if self._head is not None or not self.connected:
            return
        as_of = (await self._market_data.status()).as_of
        if as_of is not None and as_of.epoch == self._epoch and self.connected:
            self._head = as_of.sequence
            self.note(as_of)

    async def _fill_gap(self) -> bool:
        """Whether the gap became smaller."""
        await asyncio.sleep(self._config.feed_reorder_wait_ms / 1000)
        epoch, gap = self._epoch, self._trades.gap
        if gap is None:
            return True
        self.gaps_count += 1
        trades = await self._market_data.trades(epoch, *gap)
        if epoch == self._epoch:
            self._take(trades)
        return epoch != self._epoch or self._trades.gap != gap

    def _stop_asking(self, without: int) -> None:
        gap = self._trades.gap
        if without >= HISTORY_WITHOUT_MAX and gap is not None:
            self._give_up(gap[1])
