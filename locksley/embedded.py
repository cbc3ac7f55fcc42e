"""The adapters of one process on one machine: SQLite, RocksDB, and cache and bus in memory, in one data directory."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from locksley import data_dir
from locksley.app import Adapters
from locksley.bar_store.port import BarStore
from locksley.bar_store.sqlite.opening import open_bars
from locksley.bar_store.sqlite.settling import Retention
from locksley.bus.memory import MemoryBus
from locksley.clock import SystemClock
from locksley.config import Config
from locksley.data_dir import DataDir
from locksley.exchange.connections import Connections
from locksley.exchange.http_client import HttpExchange
from locksley.exchange.http_feed import HttpFeed
from locksley.exchange.own_name import own_name
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
from locksley.order_db.upkeep import OldRow
from locksley.order_index.rocksdb import RocksOrderIndex
from locksley.orders.own_secret import own_secret
from locksley.people.operating import OperatingDb
from locksley.people.port import PeopleDb
from locksley.people.signing_keys import SigningKeys
from locksley.portfolio.port import ActivityDb, PortfolioDb
from locksley.price_cache.memory import MemoryPriceCache
from locksley.sqlite_copy import hold
from locksley.watchlists.port import WatchlistDb

SEED_BITS = 256


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
        clock = SystemClock()
        # Before the database: one that is there already may have orders without the mark.
        order_secret = own_secret(home.order_secret, clock.now_ms() if home.database.exists() else 0)
        observers = Observers(log_each=config.log_level == "debug", traces_to=config.traces_to)
        tallies = observers.tallies
        loop = asyncio.get_running_loop()
        with opening(home.order_index, can_be_rebuilt=True):
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
        connections = Connections(config)
        feed = HttpFeed(config, config.exchange_client or own_name(home.exchange_client))
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
                    order_secret,
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
