"""The broker of a simulated world: the real `Broker` on a simulated disk, network and clock, in a process that can die."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from locksley.app import Adapters, Broker
from locksley.bus.memory import MemoryBus
from locksley.config import Config
from locksley.exchange.http_client import HttpExchange
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_index.memory import MemoryOrderIndex
from locksley.orders.own_secret import OwnSecret
from locksley.price_cache.memory import MemoryPriceCache
from simulation.clock import SimulatedClock
from simulation.disk import Disk, DiskVfs
from simulation.loop import Process, SimulatedLoop
from simulation.network import Network, SimulatedConnections, SimulatedFeed

DATABASE = "orders.sqlite"
ORDER_SECRET = OwnSecret(b"simulated")
WAL_PAGES_MAX = 150  # so that checkpoints happen, and are died in, within a run


class LossyBus(MemoryBus):
    """A bus that can be down: what is published then is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False

    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        if not self.down:
            await super().publish(messages)


class SimulatedBroker:
    """One incarnation. `ready` is set once it takes requests; `crashed` is what ended it, if anything but a kill did."""

    def __init__(
        self,
        number: int,
        config: Config,
        loop: SimulatedLoop,
        clock: SimulatedClock,
        disk: Disk,
        network: Network,
        index: MemoryOrderIndex,
        chance: random.Random,
    ) -> None:
        self.process = Process(f"broker-{number}")
        self.ready = False
        self.crashed: BaseException | None = None
        self.bus = LossyBus()
        self.cache = MemoryPriceCache()
        self.commit_ms: Callable[[], float] = lambda: 1.0
        self._config = config
        self._loop = loop
        self._clock = clock
        self._disk = disk
        self._network = network
        self._index = index
        self._chance = chance
        self._vfs = DiskVfs(f"{disk.root.name}-{number}", disk, self.process)
        self.broker: Broker
        self.second: Broker | None = None

    @property
    def path(self) -> Path:
        return self._disk.home / DATABASE

    def start(self) -> None:
        self._loop.spawn(self.process, self._main())

    def unregister(self) -> None:
        """Nobody will open a file by its VFS any more."""
        self._vfs.let_go()

    async def _main(self) -> None:
        try:
            await self._run()
        except Exception as error:
            self.crashed = error
            self.process.kill()

    async def _run(self) -> None:
        database = Database(
            self.path,
            self._run_commit,
            batch_max=self._config.write_batch_max,
            waiting_max=self._config.writes_waiting_max,
            vfs=self._vfs.name,
            wal_pages_max=WAL_PAGES_MAX,
        )
        self.database = database
        self.order_db = SqliteOrderDb(
            database,
            self._clock,
            key_lifetime_ms=self._config.idempotency_key_lifetime_ms,
            updates_kept=self._config.updates_kept_per_person,
        )
        async with asyncio.TaskGroup() as running:
            running.create_task(database.run())
            self.broker = await Broker.open(self._config, self._adapters())
            self.ready = True
            running.create_task(self.broker.run())

    async def run_second(self) -> None:
        """Another one that believes it leads: everything twice, on the same database."""
        self.second = await Broker.open(self._config, self._adapters())
        await self.second.run()

    def _adapters(self) -> Adapters:
        exchange = HttpExchange(
            SimulatedConnections(self._network, self.process, self._config.exchange_connections_max)
        )
        return Adapters(
            self._clock,
            self._chance,
            exchange,
            exchange,
            SimulatedFeed(self._network, self.process),
            self.order_db,
            self._index,
            self.cache,
            self.bus,
            ORDER_SECRET,
        )

    async def _run_commit(self, commit: Callable[[], None]) -> None:
        await asyncio.sleep(self.commit_ms() / 1_000)
        commit()
        await asyncio.sleep(self.commit_ms() / 1_000)
