"""The wiring. Reads as the two flows:

    prices:  exchange feed -> price processor -> price cache + bus -> symbol service -> SSE -> person
    orders:  person -> order service -> order db -> gateway -> exchange
             exchange feed -> trade processor -> order db -> bus -> live order updates -> person

`Broker` builds them on whatever adapters it is given; `embedded` gives it those of one process on one machine.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import argon2
import structlog
from prometheus_client import CollectorRegistry

from locksley import data_dir, garbage
from locksley.backup.backups import Backups
from locksley.bar_store.port import BarStore
from locksley.bar_store.sqlite.opening import open_bars
from locksley.bar_store.sqlite.settling import Retention
from locksley.bus.memory import MemoryBus
from locksley.bus.port import Bus
from locksley.clock import Clock, SystemClock
from locksley.config import Config
from locksley.data_dir import DataDir
from locksley.domain.price import Trade, Version
from locksley.exchange.connections import Connections
from locksley.exchange.feed_reader import FeedReader
from locksley.exchange.http_client import HttpExchange
from locksley.exchange.http_feed import HttpFeed
from locksley.exchange.port import AsOf, Feed, MarketData, OrderEntry
from locksley.exchange.venue_clock import VenueClock
from locksley.observability.metrics import BrokerMeasures
from locksley.observability.observers import Observers
from locksley.opening import opening
from locksley.order_db.sqlite.activity import SqliteActivityDb
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.old_orders import old_rows
from locksley.order_db.sqlite.operating import SqliteOperatingDb
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_db.sqlite.people import SqlitePeopleDb
from locksley.order_db.sqlite.portfolio import SqlitePortfolioDb
from locksley.order_db.sqlite.watchlists import SqliteWatchlistDb
from locksley.order_db.upkeep import OldRow, UpkeepDb
from locksley.order_index.port import OrderIndex
from locksley.order_index.rebuild import rebuild
from locksley.order_index.rocksdb import RocksOrderIndex
from locksley.orders.alarms import Alarms
from locksley.orders.asking import Asking
from locksley.orders.booking import Booking
from locksley.orders.circuit import Circuit
from locksley.orders.cleanup import Cleanup
from locksley.orders.dead_letters import DeadLetters
from locksley.orders.gateway import Gateway
from locksley.orders.identity import OrderIds
from locksley.orders.leadership import Leadership
from locksley.orders.reconcile import Reconciler
from locksley.orders.service import OrderService
from locksley.orders.trade_processor import TradeProcessor
from locksley.orders.unmatched import Unmatched
from locksley.orders.updates import OrderUpdates
from locksley.people.accounts import Accounts
from locksley.people.callers import Callers
from locksley.people.operating import Operating, OperatingDb
from locksley.people.operator_access import OperatorAccess
from locksley.people.passwords import Passwords
from locksley.people.port import PeopleDb
from locksley.people.program_tokens import ProgramTokens
from locksley.people.sessions import Sessions
from locksley.people.signing_keys import SigningKeys
from locksley.portfolio.activity import ActivityLog
from locksley.portfolio.day_ends import DayEnds
from locksley.portfolio.holdings import Holdings
from locksley.portfolio.port import ActivityDb, PortfolioDb
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.price_cache.memory import MemoryPriceCache
from locksley.price_cache.port import PriceCache
from locksley.prices.day_summaries import DaySummaries
from locksley.prices.directory import Directory
from locksley.prices.history.back_history import BackHistory
from locksley.prices.history.keeper import BarKeeper
from locksley.prices.history.past_prices import BarPrices
from locksley.prices.history.price_history import PriceHistory
from locksley.prices.market_status import MarketStatusWatch
from locksley.prices.market_view import MarketView
from locksley.prices.processor import PriceProcessor
from locksley.prices.symbol_service import SymbolService
from locksley.sqlite_copy import hold
from locksley.watchlists.port import WatchlistDb
from locksley.web.api import Api
from locksley.web.entrance import Application
from locksley.web.limits import Addresses, Placing, SignUps
from locksley.web.operator import Desk
from locksley.web.operator_measures import OperatorMeasures
from locksley.web.proxies import TrustedProxies
from locksley.web.server import WebServer
from locksley.web.services import Services
from locksley.web.sse import OpenStreams

SEED_BITS = 256

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
        booking = Booking(on.order_db, on.order_index, on.bus, self.alarms)
        self.unmatched = unmatched = Unmatched(on.clock, config.unmatched_trades_max, config.unmatched_kept_ms)
        self.gateway = Gateway(
            on.order_entry,
            booking,
            unmatched,
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
            unmatched,
            self.gateway,
            on.clock,
            on.chance,
            position_every_ms=config.feed_position_every_ms,
            retry_first_ms=config.retry_first_ms,
            retry_most_ms=config.retry_most_ms,
        )
        asking = Asking(on.order_entry, booking, self.gateway, unmatched, self.venue_clock, self.alarms)
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
        self.reconciler = Reconciler(
            on.order_db,
            on.order_entry,
            lambda: self.feed_reader.position,
            Leadership(on.order_db, on.clock, "reconciliation", holder, config.lease_lifetime_ms),
            self.alarms,
            on.clock,
            config,
        )
        market_view = MarketView(
            on.price_cache,
            self.directory,
            stale=lambda: self.feed_reader.stale,
            is_open=lambda: self.market_status.now().open,
        )
        self.order_ids = OrderIds(on.chance.getrandbits)
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


class Stores(NamedTuple):
    """What only the web needs of the storage."""

    people_db: PeopleDb
    activity_db: ActivityDb
    portfolio_db: PortfolioDb
    watchlist_db: WatchlistDb
    signing_keys: SigningKeys
    operating_db: OperatingDb


@contextmanager
def old_orders(database: Path, before: date) -> Iterator[tuple[int, Iterator[OldRow]]]:
    """The schema, and what was closed before a day (UTC) as the database is now, whatever is written meanwhile."""
    held = hold(database)
    try:
        before_ms = (before - date(1970, 1, 1)) // timedelta(milliseconds=1)
        yield int(held.pragma("user_version")), old_rows(held, before_ms)
    finally:
        held.close()


@contextmanager
def bar_store(config: Config, home: DataDir) -> Iterator[BarStore]:
    """The bars of a data directory; what is written is written by a thread of its own."""
    with ThreadPoolExecutor(1, "bars") as writer:
        with opening(home.bars):
            store = open_bars(
                home.bars,
                lambda work: asyncio.get_running_loop().run_in_executor(writer, work),
                Retention(config.bars_seconds_kept_days, config.bars_minutes_kept_days),
            )
        try:
            yield store
        finally:
            store.close()


@asynccontextmanager
async def embedded(config: Config) -> AsyncIterator[tuple[Adapters, Stores]]:
    """SQLite, RocksDB, and cache and bus in memory, in the data directory, which is locked meanwhile."""
    with (
        data_dir.lock(config.data_dir) as home,
        ThreadPoolExecutor(1, "commit") as committer,
        bar_store(config, home) as bars,
    ):
        clock, observers = SystemClock(), Observers(log_each=config.log_level == "debug", traces_to=config.traces_to)
        tallies = observers.tallies
        loop = asyncio.get_running_loop()
        with opening(home.order_index):
            index = RocksOrderIndex(home.order_index)
        with opening(home.database):
            database = Database(
                home.database,
                tallies.timed_commit(lambda commit: loop.run_in_executor(committer, commit)),
                batch_max=config.write_batch_max,
                waiting_max=config.writes_waiting_max,
                on_group=tallies.group_sizes.observe,
            )
        writing = asyncio.create_task(database.run())
        connections, feed = Connections(config), HttpFeed(config)
        exchange = observers.exchange(HttpExchange(connections))
        tallies.exchange_connections = lambda: connections.open_count
        tallies.database_waiting = lambda: database.waiting_count
        order_db = SqliteOrderDb(
            database,
            clock,
            key_lifetime_ms=config.idempotency_key_lifetime_ms,
            updates_kept=config.updates_kept_per_person,
            unbooked_max=config.unbooked_kept_max,
        )
        try:
            yield (
                Adapters(
                    clock,
                    random.Random(secrets.randbits(SEED_BITS)),  # noqa: S311  (ids and jitter, no secrets)
                    exchange,
                    exchange,
                    feed,
                    observers.order_db(order_db),
                    index,
                    MemoryPriceCache(),
                    MemoryBus(),
                    bars,
                    observers,
                ),
                Stores(
                    SqlitePeopleDb(database),
                    SqliteActivityDb(database),
                    SqlitePortfolioDb(database),
                    SqliteWatchlistDb(database),
                    SigningKeys.open(home.signing_keys, clock.now_ms()),
                    SqliteOperatingDb(database),
                ),
            )
        finally:
            await feed.close()
            await connections.close()
            database.stop()
            await writing
            index.close()
            database.close()
            await observers.close()


async def serve(config: Config, stopped: asyncio.Event, started: Callable[[WebServer, Services], None]) -> None:
    """Run an embedded broker and its HTTP interface until `stopped`. Raises `ConfigError`."""
    async with embedded(config) as (on, stores):
        with opening(DataDir(config.data_dir).database):
            broker = await Broker.open(config, on)
        with ThreadPoolExecutor(config.password_checks_at_once_max, "passwords") as hashing:
            services = await _services(config, on, stores, broker, hashing)
            web = WebServer(_application(config, on, services, broker), services.streams, config)
            await web.start()
            services.desk.access.publish(data_dir.DataDir(config.data_dir).operator, web.url)
            day_ends = DayEnds(stores.portfolio_db, services.values, every_ms=config.day_ends_every_ms)
            flows = asyncio.create_task(_together(broker.run(), day_ends.run()))
            stopping = asyncio.create_task(stopped.wait())
            started(web, services)
            garbage.set_aside()
            try:
                await asyncio.wait([flows, stopping], return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                await web.stop()
                flows.cancel()
                await asyncio.wait([flows])
                await broker.close()
            if not flows.cancelled():
                flows.result()


def _application(config: Config, on: Adapters, services: Services, broker: Broker) -> Application:
    """From the outside in: who is behind a proxy, a line in the log, the interface itself."""
    application: Application = Api(services).application
    if on.observers is not None:
        BrokerMeasures(services.registry, broker, on.observers.tallies, services.streams)
        application = on.observers.application(application)
    return TrustedProxies(application, config.trusted_proxies) if config.trusted_proxies else application


async def _together(*flows: Coroutine[None, None, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for flow in flows:
            tasks.create_task(flow)


async def _services(
    config: Config, on: Adapters, stores: Stores, broker: Broker, hashing: ThreadPoolExecutor
) -> Services:
    clock, people_db = on.clock, stores.people_db
    new_id = lambda: broker.order_ids.new(clock.now_ms())  # noqa: E731  (one short name for what four services are given)
    sessions = Sessions(people_db, stores.signing_keys, clock, config)
    tokens = ProgramTokens(people_db, clock, new_id)
    passwords = Passwords(argon2.PasswordHasher(), hashing, config.password_checks_waiting_max)
    callers = Callers(sessions, tokens, clock)
    operating = Operating(stores.operating_db, passwords, callers, stores.signing_keys, clock, config, new_id)
    registry = CollectorRegistry()
    OperatorMeasures(registry, broker.alarms, broker.reconciler)
    return Services(
        config=config,
        clock=clock,
        new_id=new_id,
        accounts=Accounts(people_db, passwords, clock, config, new_id),
        sessions=sessions,
        tokens=tokens,
        callers=callers,
        orders=broker.order_service,
        order_updates=broker.order_updates,
        placing=Placing.limited(clock, config),
        addresses=Addresses(config.streams_per_address_max, frozenset(config.addresses_unlimited)),
        sign_ups=SignUps(clock, config.sign_ups_per_hour_per_address, frozenset(config.addresses_unlimited)),
        symbols=broker.symbol_service,
        prices=on.price_cache,
        directory=broker.directory,
        market=broker.market_status,
        history=broker.price_history,
        holdings=broker.holdings,
        values=ValueOverTime(stores.portfolio_db, BarPrices(broker.price_history), on.price_cache),
        activity=ActivityLog(stores.activity_db),
        watchlists=stores.watchlist_db,
        streams=OpenStreams(),
        registry=registry,
        desk=Desk(
            OperatorAccess(),
            broker.dead_letters,
            broker.reconciler,
            Backups(DataDir(config.data_dir), clock),
            operating,
        ),
        not_ready=broker.not_ready,
    )
