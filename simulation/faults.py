"""The gremlin: strikes the broker, its disk, its network and the exchange with everything that can fail, by seeded chance."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import apsw
import msgspec

from paper_exchange.faults import FaultPlan
from simulation.network import Fate

if TYPE_CHECKING:
    from simulation.world import World

CLOCK_JUMP_MS_MAX = 3_600_000
OFTEN = 5


class Gremlin:
    """Every method that is no helper is a fault; `strike_forever` picks one after the other."""

    def __init__(self, world: "World", chance: random.Random) -> None:
        self._world = world
        self._chance = chance
        self._kinds: dict[str, Callable[[], Awaitable[None]]] = {
            name: getattr(self, name)
            for name in sorted(vars(Gremlin))
            if not name.startswith("_") and name != "strike_forever"
        }

    async def strike_forever(self) -> None:
        names = list(self._kinds)
        weights = [
            OFTEN if name in ("network_bad", "feed_bad") or name.startswith(("kill_", "machine_")) else 2
            for name in names
        ]
        while True:
            await asyncio.sleep(self._chance.expovariate(0.65))
            [name] = self._chance.choices(names, weights)
            await self._kinds[name]()

    # The broker dies

    async def kill_now(self) -> None:
        self._world.kill("kill_now", machine_died=False)

    async def kill_at_a_step(self) -> None:
        """At any await: so many callbacks from now."""
        world = self._world
        process = world.broker.process
        process.on_death.append(lambda: world.strike("kill_at_a_step"))
        process.steps_left = self._chance.randrange(1, 1_500)

    async def kill_at_a_write(self) -> None:
        self._die_at_io("kill_at_a_write", ("write", "truncate"), machine_died=False)

    async def kill_at_an_fsync(self) -> None:
        self._die_at_io("kill_at_an_fsync", ("fsync",), machine_died=False)

    async def kill_at_a_send(self) -> None:
        world, left = self._world, self._chance.randrange(1, 8)
        process, when = world.broker.process, self._chance.choice(("before", "after"))

        def on_send(moment: str) -> None:
            nonlocal left
            left -= moment == when
            if left == 0 and process.alive:
                world.network.on_send = lambda _moment: None
                world.kill("kill_at_a_send", machine_died=False)

        world.network.on_send = on_send

    async def machine_dies_now(self) -> None:
        self._world.kill("machine_dies_now", machine_died=True)

    async def machine_dies_at_an_fsync(self) -> None:
        self._die_at_io("machine_dies_at_an_fsync", ("fsync",), machine_died=True)

    async def machine_dies_at_a_write(self) -> None:
        self._die_at_io("machine_dies_at_a_write", ("write",), machine_died=True)

    def _die_at_io(self, name: str, kinds: tuple[str, ...], *, machine_died: bool) -> None:
        world, left = self._world, self._chance.randrange(1, 12)
        process = world.broker.process

        def on_io(what: str) -> None:
            nonlocal left
            left -= what in kinds
            if left == 0 and process.alive:
                world.disk.on_io = None
                world.kill(name, machine_died=machine_died)

        world.disk.on_io = on_io

    # The disk

    async def disk_full(self) -> None:
        await self._disk_fault("disk_full", apsw.FullError)

    async def disk_read_only(self) -> None:
        await self._disk_fault("disk_read_only", apsw.ReadOnlyError)

    async def disk_fails(self) -> None:
        await self._disk_fault("disk_fails", apsw.IOError)

    async def disk_slow(self) -> None:
        world = self._world
        world.strike("disk_slow")
        world.broker.commit_ms = lambda: self._chance.uniform(50, 1_500)
        await asyncio.sleep(self._chance.uniform(0.5, 6))
        world.broker.commit_ms = lambda: 1.0

    async def _disk_fault(self, name: str, error: type[apsw.Error]) -> None:
        self._world.strike(name)
        self._world.disk.fault = error
        await asyncio.sleep(self._chance.uniform(0.1, 5))
        self._world.disk.fault = None

    # The network and the exchange

    async def network_bad(self) -> None:
        """Requests get lost, late, twice and unanswered for a while."""
        network = self._world.network
        for fate in self._chance.sample(list(Fate)[1:], self._chance.randrange(2, 6)):
            network.rates[fate] = self._chance.uniform(0.05, 0.3)
        await asyncio.sleep(self._chance.uniform(1, 15))
        network.rates.clear()

    async def exchange_down(self) -> None:
        """For seconds, now and then for minutes."""
        world = self._world
        long = self._chance.random() < 0.35
        world.strike("exchange_down_for_minutes" if long else "exchange_down_for_seconds")
        world.venue.up = False
        await asyncio.sleep(self._chance.uniform(60, 180) if long else self._chance.uniform(0.2, 10))
        world.venue.up = True

    async def exchange_new_epoch(self) -> None:
        self._world.strike("exchange_new_epoch")
        self._world.venue.exchange.begin_epoch()

    async def exchange_forgets_history(self) -> None:
        """While nobody reads the feed: the connection breaks at the same moment."""
        world = self._world
        world.strike("exchange_forgets_history")
        world.venue.up = False
        await asyncio.sleep(self._chance.uniform(0.2, 3))
        world.venue.advance_unseen()
        world.venue.forget_history()
        world.venue.up = True

    async def exchange_loses_memory(self) -> None:
        """Often while the disk is slow: what it told of before is still to be booked when it knows of nothing any more."""
        world = self._world
        if self._chance.random() < 0.5:
            return
        world.strike("exchange_loses_memory")
        if self._chance.random() < 0.6:
            world.broker.commit_ms = lambda: self._chance.uniform(200, 1_500)
            await asyncio.sleep(self._chance.uniform(0.5, 4))
        world.venue.lose_memory()
        await asyncio.sleep(self._chance.uniform(0, 8))
        world.broker.commit_ms = lambda: 1.0

    async def feed_bad(self) -> None:
        """The feed breaks, repeats, reorders, skips, begins anew."""
        faults = self._world.venue.faults
        rates = {name: self._chance.choice((0.0, 0.02, 0.2)) for name in FEED_FAULTS}
        rates["feed_new_epoch"] /= 4
        plan = {name: {"rate": rate} for name, rate in rates.items() if rate}
        faults.set(msgspec.convert({**plan, "seed": self._chance.getrandbits(32)}, FaultPlan))
        await asyncio.sleep(self._chance.uniform(1, 10))
        for name, struck in faults.struck.items():
            self._world.strike(name, struck)
        faults.clear()

    # What the broker stands on

    async def index_lost(self) -> None:
        """Found missing at the next start."""
        self._world.strike("index_lost")
        self._world.index.clear()
        self._world.kill("kill_now", machine_died=False)

    async def bus_lost(self) -> None:
        self._world.strike("bus_lost")
        bus = self._world.broker.bus
        bus.down = True
        await asyncio.sleep(self._chance.uniform(0.5, 8))
        bus.down = False

    async def clock_jumps(self) -> None:
        self._world.strike("clock_jumps")
        self._world.clock.offset_ms += self._chance.randrange(-CLOCK_JUMP_MS_MAX, CLOCK_JUMP_MS_MAX)

    async def two_leaders(self) -> None:
        """A second one that believes it leads, for as long as this process lives."""
        world = self._world
        if world.broker.ready and world.broker.process.alive and world.broker.second is None:
            world.strike("two_leaders")
            world.loop.spawn(world.broker.process, world.broker.run_second())

    async def lease_taken(self) -> None:
        """Somebody else takes clean-up over, in the middle of it or not, and dies at once."""
        world = self._world
        if not (world.broker.ready and world.broker.process.alive):
            return
        world.strike("lease_taken")
        orders, ever_ms = world.broker.order_db, world.clock.now_ms() + world.config.lease_lifetime_ms
        try:
            await world.request(lambda: orders.take_lease("clean-up", "nobody", ever_ms, 0))
        except Exception as error:
            world.expect_failure(error)

    # Those who watch

    async def watcher_stalls(self) -> None:
        self._world.strike("watcher_stalls")
        sink = self._chance.choice(self._world.watchers).sink
        if sink is not None:
            sink.stalled = True
            await asyncio.sleep(self._chance.uniform(0.5, 5))
            sink.stalled = False

    async def watchers_reconnect_at_once(self) -> None:
        self._world.strike("watchers_reconnect_at_once")
        for watcher in self._world.watchers:
            if watcher.sink is not None:
                watcher.sink.close()


# What strikes under another name than its method's: what people do, what happens on the network and on the feed.
_WITHIN = ("network_bad", "feed_bad", "exchange_down")
FEED_FAULTS = ("feed_disconnect", "feed_repeat", "feed_reorder", "feed_skip", "feed_new_epoch")
ALL_FAULTS = (
    *(name for name in sorted(vars(Gremlin)) if not name.startswith("_") and name not in ("strike_forever", *_WITHIN)),
    *list(Fate)[1:],
    *FEED_FAULTS,
    "exchange_down_for_minutes",
    "exchange_down_for_seconds",
    "history_gone",
    "cancelled_twice_at_once",
    "cancelled_while_pending",
    "malformed_input",
    "same_key_other_body",
    "same_key_twice_at_once",
)
