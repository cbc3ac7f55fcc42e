"""The order flow, whole: the real services on a real file, with the exchange of `venue` and a clock moved by hand.

`crash` drops every object of the process; `start` makes new ones on the same file, as the broker does.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from locksley.bus.memory import MemoryBus
from locksley.clock import ManualClock
from locksley.config import Config
from locksley.domain.account import Account, Position
from locksley.domain.order import Order, Side
from locksley.domain.price import LastPrice, Version
from locksley.exchange.venue_clock import VenueClock
from locksley.order_db.port import OrderFilter, Page, Source
from locksley.order_db.sqlite.database import Database
from locksley.order_db.sqlite.orders import SqliteOrderDb
from locksley.order_index.memory import MemoryOrderIndex
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
from locksley.orders.recent_trades import RecentTrades
from locksley.orders.reconcile import Reconciler
from locksley.orders.request import OrderRequest
from locksley.orders.service import Answer, Cancelled, OrderService
from locksley.orders.trade_processor import TradeProcessor
from locksley.orders.updates import OrderUpdates
from tests.domain.orders import NOW_MS
from tests.invariants import check_file
from tests.order_db.people import open_account
from tests.orders.disk import Disk
from tests.orders.venue import Venue

CALL_TIMEOUT_MS = 5_000
GRACE_MS = 10_000
SILENT_MS = 3_000
RETRY_FIRST_MS = 1_000
LOOK_UPS_MAX = 10  # few, so that a page is soon full
SOURCE = Source("test")


class LastPrices:
    """The market as the order flow sees it."""

    def __init__(self) -> None:
        self.is_open = True
        self.prices = {"META": LastPrice(50_000, stale=False), "AAPL": LastPrice(20_000, stale=False)}

    async def last_price(self, symbol: str) -> LastPrice | None:
        return self.prices.get(symbol)


class Broker:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock(NOW_MS)
        self.venue_clock = ManualClock(NOW_MS)
        self.venue = Venue(self.venue_clock)
        self.market = LastPrices()
        self.disk = Disk()
        self._tasks: list[asyncio.Task[None]] = []
        self._starts = 0

    async def start(self, *, lanes: int = 2) -> None:
        self.disk.at = {}
        self.disk.died.clear()
        self.database = Database(self.path, self.disk, batch_max=512, waiting_max=20_000)
        self._tasks.append(asyncio.create_task(self.database.run()))
        self.orders = SqliteOrderDb(self.database, self.clock, key_lifetime_ms=24 * 3_600_000, updates_kept=1_000)
        self.index = MemoryOrderIndex()
        await rebuild(self.index, self.orders)
        self._wire(lanes)
        self._position = await self.orders.feed_position()
        self._tasks.append(asyncio.create_task(self.gateway.run()))

    def _wire(self, lanes: int) -> None:
        bus = MemoryBus()
        self.alarms = Alarms()
        booking = Booking(self.orders, self.index, bus, self.alarms, booked_kept_max=1_000)
        recent_trades = RecentTrades(1_000)
        circuit = Circuit(self.clock, 1_000, 8_000)
        venue_clock = VenueClock(self.clock)
        venue_clock.heard(self.clock.now_ms())
        chance = random.Random(1)
        self.order_ids = OrderIds(chance.getrandbits, b"ours")
        self.gateway = Gateway(
            self.venue,
            booking,
            recent_trades,
            circuit,
            venue_clock,
            self.alarms,
            lanes=lanes,
            batch_max=256,
            waiting_max=1_000,
        )
        self.service = OrderService(
            self.orders,
            booking,
            self.gateway,
            self.market,
            circuit,
            self.clock,
            venue_clock,
            self.order_ids,
            not_after_ms=CALL_TIMEOUT_MS,
            collar_bp=500,
        )
        self.trade_processor = TradeProcessor(
            self.orders,
            self.index,
            booking,
            recent_trades,
            self.clock,
            chance,
            position_every_ms=0,
            retry_first_ms=1,
            retry_most_ms=1,
        )
        config = Config(
            data_dir=self.path.parent,
            cleanup_grace_ms=GRACE_MS,
            cleanup_batch_max=LOOK_UPS_MAX,
            silent_order_ms=SILENT_MS,
            retry_first_ms=RETRY_FIRST_MS,
            lease_lifetime_ms=GRACE_MS,
            tidy_batch_max=LOOK_UPS_MAX,
            reconcile_wait_ms_max=200,
        )
        asking = Asking(self.venue, booking, self.gateway, recent_trades, venue_clock, self.alarms)
        self._starts += 1
        self.leadership = Leadership(
            self.orders, self.clock, "clean-up", f"process {self._starts}", config.lease_lifetime_ms
        )
        self.cleanup = Cleanup(
            self.orders, asking, self.gateway, circuit, self.leadership, self.alarms, self.clock, chance, config
        )
        self.dead_letters = DeadLetters(self.orders, asking, booking)
        self.reconciler = Reconciler(
            self.orders,
            self.venue,
            lambda: self._position or Version(0, 0),
            Leadership(self.orders, self.clock, "reconciliation", f"process {self._starts}", config.lease_lifetime_ms),
            self.alarms,
            self.clock,
            config,
            self.order_ids.origin,
        )
        self.updates = OrderUpdates(self.orders, bus, poll_ms=10, heartbeat_ms=60_000, streams_per_person_max=3)

    async def crash(self) -> None:
        """Whatever was not on the disk is gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self.database.close()

    async def restart(self) -> None:
        await self.crash()
        await self.start()

    def advance(self, by_ms: int) -> None:
        self.clock.advance(by_ms)
        self.venue_clock.advance(by_ms)

    async def open_account(self, user_id: str, cash_cents: int = 10_000_000) -> None:
        await open_account(self.database, user_id, cash_cents)

    # What people do

    async def buy(
        self, num_shares: int, price_cents: int | None = None, *, user_id: str = "ann", key: str | None = None
    ) -> Answer:
        request = OrderRequest(Side.BUY, "META", num_shares, price_cents)
        return await self.service.place(user_id, request, key, SOURCE)

    async def sell(
        self, num_shares: int, price_cents: int | None = None, *, user_id: str = "ann", key: str | None = None
    ) -> Answer:
        request = OrderRequest(Side.SELL, "META", num_shares, price_cents)
        return await self.service.place(user_id, request, key, SOURCE)

    async def cancel(self, order: Order) -> Cancelled:
        return await self.service.cancel(order.user_id, order.order_id, SOURCE)

    # What a test looks at

    async def now(self, order: Order) -> Order:
        return await self.service.order(order.user_id, order.order_id)

    async def only_order(self, user_id: str = "ann") -> Order:
        [order] = await self.orders.orders(user_id, OrderFilter(), Page(2))
        return order

    async def all_orders(self, user_id: str = "ann") -> list[Order]:
        return await self.orders.orders(user_id, OrderFilter(), Page(100))

    async def account(self, user_id: str = "ann") -> Account:
        account = await self.orders.account(user_id)
        assert account is not None
        return account

    async def position(self, user_id: str = "ann") -> Position | None:
        positions = await self.orders.positions(user_id)
        return positions[0] if positions else None

    # What runs by itself in the broker, step by step here

    async def read_feed(self) -> None:
        trades, position = self.venue.trades_after(self._position)
        if self._position is not None and position.epoch != self._position.epoch:
            await self.trade_processor.skip_to(Version(position.epoch, 0))
        self._position = position
        await self.trade_processor.on_trades(trades, position)

    async def ask_about_everything_open(self) -> None:
        """As after trades that the feed will never tell."""
        await self.trade_processor.skip_to(Version(0, 0))

    async def sweep_after_silence(self) -> None:
        self.advance(SILENT_MS + 1)
        await self.cleanup.sweep()

    async def sweep_after_grace(self) -> None:
        self.advance(GRACE_MS + 1)
        await self.cleanup.sweep()

    def check(self, *, settled: bool = False) -> None:
        """What others have at the exchange is not ours to have."""
        ours = [order for order in self.venue.orders() if self.order_ids.is_ours(order.client_order_id)]
        check_file(self.path, ours, settled=settled)

    async def settle(self) -> None:
        """Faults have ceased: the feed is read, clean-up has its rounds, and then nothing may be in doubt."""
        self.venue.deliver_late()
        await self.read_feed()
        for _ in range(2):
            await self.sweep_after_grace()
        await self.read_feed()
        self.check(settled=True)


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[Broker]:
    """A broker with two people; whatever the story was, the books are checked at its end."""
    broker = Broker(path)
    await broker.start()
    for user_id in ("ann", "bob"):
        await broker.open_account(user_id)
    try:
        yield broker
        broker.check()
    finally:
        await broker.crash()
