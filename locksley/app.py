"""The wiring. Reads as the two flows:

    prices:  exchange feed -> price processor -> price cache + bus -> symbol service -> SSE -> person
    orders:  person -> order service -> order db -> gateway -> exchange
             exchange feed -> trade processor -> order db -> bus -> live order updates -> person

`Broker` builds them on whatever adapters it is given: `embedded` has those of one process on one machine, `serving` puts the web on top.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from locksley.bar_store.port import BarStore
from locksley.bus.port import Bus
from locksley.clock import Clock
from locksley.config import Config
from locksley.domain.price import Trade, Version
from locksley.exchange.feed_reader import FeedReader
from locksley.exchange.port import AsOf, Feed, MarketData, OrderEntry
from locksley.exchange.venue_clock import VenueClock
from locksley.observability.observers import Observers
from locksley.order_db.upkeep import UpkeepDb
from locksley.order_index.port import OrderIndex
from locksley.order_index.rebuild import rebuild
from locksley.orders.alarms import Alarms
from locksley.orders.asking import Asking
from locksley.orders.booking import Booking
from locksley.orders.circuit import Circuit
from locksley.orders.cleanup import Cleanup
from locksley.orders.dead_letters import DeadLetters
from locksley.orders.gateway import Gateway
from locksley.orders.identity import OrderIds
from locksley.orders.leadership import Leadership
from locksley.orders.own_secret import OwnSecret
from locksley.orders.recent_trades import RecentTrades
from locksley.orders.reconcile import Reconciler
from locksley.orders.service import OrderService
from locksley.orders.trade_processor import TradeProcessor
from locksley.orders.updates import OrderUpdates
from locksley.portfolio.holdings import Holdings
from locksley.price_cache.port import PriceCache
from locksley.prices.day_summaries import DaySummaries
from locksley.prices.directory import Directory
from locksley.prices.history.back_history import BackHistory
from locksley.prices.history.keeper import BarKeeper
from locksley.prices.history.price_history import PriceHistory
from locksley.prices.market_status import MarketStatusWatch
from locksley.prices.market_view import MarketView
from locksley.prices.processor import PriceProcessor
from locksley.prices.symbol_service import SymbolService

log = structlog.get_logger()


class Adapters(NamedTuple):
    """What the flows stand on: one adapter of each port."""

    clock: Clock
    chance: random.Random
    order_entry: OrderEntry
    market_data: MarketData
    feed: Feed
    order_db: UpkeepDb
    order_index: OrderIndex
    price_cache: PriceCache
    bus: Bus
    order_secret: OwnSecret  # what this broker's order ids are marked with
    bar_store: BarStore | None = None
    observers: Observers | None = None


class Broker:
    """Both flows, put together. `open` it, then `run` it."""

    def __init__(self, config: Config, on: Adapters, feed_position: Version | None) -> None:
        # prices: exchange feed -> price processor -> price cache + bus -> symbol service
        self.directory = Directory()
        self.price_processor = PriceProcessor(on.price_cache, on.bus, config)
        self.day_summaries = DaySummaries(on.market_data, self.directory, self.price_processor, config, on.chance)
        self.feed_reader = FeedReader(
            on.feed,
            on.market_data,
            config,
            on.clock,
            on.chance,
            start=feed_position,
            on_prices=self.price_processor.take,
            on_orders=self._on_trades,
            on_new_epoch=self._on_new_epoch,
            on_history_lost=self._on_history_lost,
        )
        self.market_status = MarketStatusWatch(
            on.market_data,
            config,
            on.clock,
            feed_lag_ms=lambda: self.feed_reader.lag_ms,
            on_as_of=self._on_as_of,
        )
        self.symbol_service = SymbolService(
            on.price_cache, on.bus, self.directory, config, on.chance, stale=lambda: self.feed_reader.stale
        )

        # prices over time: exchange feed -> bar keeper -> bar store -> price history
        self.bar_keeper: BarKeeper | None = None
        if on.bar_store is not None:
            self.bar_keeper = BarKeeper(on.bar_store, on.market_data, config, on.clock, on.chance)
            back_history = BackHistory(on.bar_store, on.market_data)
            self.price_history = PriceHistory(
                on.bar_store, self.bar_keeper, back_history, lambda: self.market_status.now().now_ms, config
            )

        # orders: order service -> order db -> gateway -> exchange; exchange feed -> trade processor -> order db -> bus
        self.venue_clock = VenueClock(on.clock, config.exchange_call_timeout_ms)
        self.alarms = Alarms()
        self.circuit = circuit = Circuit(on.clock, config.retry_first_ms, config.retry_most_ms)
        booking = Booking(
            on.order_db, on.order_index, on.bus, self.alarms, booked_kept_max=config.booked_executions_kept_max
        )
        recent_trades = RecentTrades(config.recent_trades_max)
        self.gateway = Gateway(
            on.order_entry,
            booking,
            recent_trades,
            circuit,
            self.venue_clock,
            self.alarms,
            lanes=config.exchange_connections_max,
            batch_max=config.order_batch_max,
            waiting_max=config.orders_waiting_max,
        )
        self.trade_processor = TradeProcessor(
            on.order_db,
            on.order_index,
            booking,
            recent_trades,
            on.clock,
            on.chance,
            position_every_ms=config.feed_position_every_ms,
            retry_first_ms=config.retry_first_ms,
            retry_most_ms=config.retry_most_ms,
        )
        asking = Asking(on.order_entry, booking, self.gateway, recent_trades, self.venue_clock, self.alarms)
        holder = f"{on.chance.getrandbits(64):016x}"
        self.cleanup = Cleanup(
            on.order_db,
            asking,
            self.gateway,
            circuit,
            Leadership(on.order_db, on.clock, "clean-up", holder, config.lease_lifetime_ms),
            self.alarms,
            on.clock,
            on.chance,
            config,
        )
        self.dead_letters = DeadLetters(on.order_db, asking, booking)
        self.order_ids = OrderIds(on.chance.getrandbits, *on.order_secret)
        self.reconciler = Reconciler(
            on.order_db,
            on.order_entry,
            lambda: self.feed_reader.position,
            Leadership(on.order_db, on.clock, "reconciliation", holder, config.lease_lifetime_ms),
            self.alarms,
            on.clock,
            config,
            self.order_ids.origin,
        )
        market_view = MarketView(
            on.price_cache,
            self.directory,
            stale=lambda: self.feed_reader.stale,
            is_open=lambda: self.market_status.now().open,
        )
        self.order_service = OrderService(
            on.order_db,
            booking,
            self.gateway,
            market_view,
            circuit,
            on.clock,
            self.venue_clock,
            self.order_ids,
            not_after_ms=config.exchange_call_timeout_ms,
            collar_bp=config.market_collar_bp,
        )
        self.order_updates = OrderUpdates(
            on.order_db,
            on.bus,
            poll_ms=config.updates_poll_ms,
            heartbeat_ms=config.heartbeat_ms,
            streams_per_person_max=config.streams_per_person_max,
        )

        # portfolio
        self.holdings = Holdings(on.order_db, on.price_cache)

    @classmethod
    async def open(cls, config: Config, on: Adapters) -> "Broker":
        """Bring the index up to date, and go on from where the feed's trades are booked."""
        await rebuild(on.order_index, on.order_db)
        return cls(config, on, await on.order_db.feed_position())

    async def run(self) -> None:
        """Until cancelled. What is unexpected ends it: everything that matters is on the disk, and a restart picks it up."""
        self.price_processor.refresh_wanted.set()
        async with asyncio.TaskGroup() as flows:
            flows.create_task(self.feed_reader.run())
            flows.create_task(self.market_status.run())
            flows.create_task(self.day_summaries.run())
            flows.create_task(self.price_processor.run())
            flows.create_task(self.symbol_service.run())
            if self.bar_keeper is not None:
                flows.create_task(self.bar_keeper.run())
            flows.create_task(self.gateway.run())
            flows.create_task(self.cleanup.run())
            flows.create_task(self.reconciler.run())
            flows.create_task(self.order_updates.run())

    async def close(self) -> None:
        """Keep what would otherwise be asked again at the next start."""
        if self.bar_keeper is not None:
            await self.bar_keeper.keep()

    def not_ready(self) -> Sequence[str]:
        """What is still missing before the broker can do all of its work."""
        missing = []
        if len(self.directory) == 0:
            missing.append("the exchange's symbols were not read yet")
        if not self.venue_clock.is_known:
            missing.append("the exchange was not heard yet")
        if not self.feed_reader.caught_up:
            missing.append("the feed has not caught up")
        return missing

    def _on_as_of(self, as_of: AsOf) -> None:
        self.feed_reader.note(as_of)
        self.venue_clock.heard(as_of.now_ms)
        if self.bar_keeper is not None:
            self.bar_keeper.note(as_of)

    async def _on_trades(self, trades: Sequence[Trade], position: Version) -> None:
        if self.bar_keeper is not None:
            self.bar_keeper.take(trades)
        await self.trade_processor.on_trades(trades, position)

    async def _on_new_epoch(self, epoch: int) -> None:
        log.warning("the exchange began a new epoch", epoch=epoch)
        self.price_processor.refresh_wanted.set()
        await self.trade_processor.skip_to(Version(epoch, 0))
        self.cleanup.look_now()

    async def _on_history_lost(self, first: Version, last: Version) -> None:
        log.error("the exchange's history is gone", first=first, last=last)
        self.price_processor.refresh_wanted.set()
        await self.trade_processor.skip_to(last)
        self.cleanup.look_now()
