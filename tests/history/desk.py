"""Bars kept in a real file from trades that a test deals out, beside an exchange whose history gives the same trades back."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw

from locksley.bar_store.sqlite.settling import Retention
from locksley.bar_store.sqlite.store import SqliteBarStore
from locksley.clock import ManualClock
from locksley.config import Config
from locksley.domain.bar import Bar, Size
from locksley.domain.price import Trade
from locksley.exchange.port import HistoryGone, MarketStatus, SymbolDays
from locksley.prices.history.back_history import BackHistory
from locksley.prices.history.keeper import BarKeeper
from locksley.prices.history.price_history import Asked, PriceHistory, Timed
from tests.prices.trades import FRIDAY_MS

TRADES_PER_ANSWER = 100
DEADLINE_S = 20
SETTLE_CALLS_MAX = 10_000


async def inline(work: Callable[[], Any]) -> Any:
    return work()


class PastOfExchange:
    """What the exchange's history answers. `oldest` is the first sequence that it still has."""

    def __init__(self, trades: Sequence[Trade] = ()) -> None:
        self.known = list(trades)
        self.oldest = 1
        self.bars_known: dict[Size, list[Bar]] = {}
        self.asked: list[tuple[int, int, int]] = []
        self.bars_asked: list[Size] = []
        self.before_bars: Callable[[], Awaitable[None]] | None = None

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        self.asked.append((epoch, after, until))
        if after + 1 < self.oldest:
            raise HistoryGone(self.oldest, epoch)
        return [trade for trade in self.known if trade.epoch == epoch and after < trade.sequence <= until][
            :TRADES_PER_ANSWER
        ]

    async def bars(self, symbol: str, from_ms: int, to_ms: int, size: Size) -> Sequence[Bar]:
        self.bars_asked.append(size)
        if self.before_bars is not None:
            await self.before_bars()
        unit_ms = {Size.MINUTE: 60_000}.get(size)
        return [bar for bar in self.bars_known.get(size, []) if unit_ms is None or from_ms <= bar.at * unit_ms < to_ms]

    async def symbols(self, cursor: str | None = None) -> SymbolDays:
        raise NotImplementedError

    async def status(self) -> MarketStatus:
        raise NotImplementedError


class Desk:
    """One process that keeps bars."""

    def __init__(self, path: Path, past: PastOfExchange, **config: Any) -> None:
        quick = {"bars_look_every_ms": 1, "bars_sort_at_trades": 1, "retry_first_ms": 1, "retry_most_ms": 1}
        self.config = Config(data_dir=path.parent, **quick | config)
        self.clock = ManualClock(FRIDAY_MS)
        self.past = past
        retention = Retention(self.config.bars_seconds_kept_days, self.config.bars_minutes_kept_days)
        self.store = SqliteBarStore(path, inline, retention)
        self.keeper = BarKeeper(self.store, past, self.config, self.clock, random.Random(1))
        self.history = PriceHistory(
            self.store, self.keeper, BackHistory(self.store, past), self.clock.now_ms, self.config
        )

    async def reaches(self, sequence: int, epoch: int = 1) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while self.keeper.position is None or self.keeper.position < (epoch, sequence):
                await asyncio.sleep(0.001)

    async def keep(self, *trades: Trade) -> None:
        """In one call."""
        self.keeper.take(trades)
        await self.reaches(trades[-1].sequence)
        await self.keeper.keep()

    async def settled(self) -> None:
        """Everything that is kept, of whole hours, is worked into its sizes."""
        await self.keeper.keep()
        for _ in range(SETTLE_CALLS_MAX):
            if not await self.store.settle(self.keeper.newest_ms, 1):
                return
        raise AssertionError("settling does not end")

    async def show(self, symbol: str, range_name: str, interval: str, **options: Any) -> list[Timed]:
        """All pages."""
        bars: list[Timed] = []
        before_ms: int | None = None
        while True:
            shown = await self.history.show(Asked(symbol, range_name, interval, before_ms=before_ms, **options), True)
            bars = [*shown.bars, *bars]
            before_ms = shown.next_before_ms
            if before_ms is None:
                return bars


def change(path: Path, *scripts: str) -> None:
    """As something else may that has nothing to do with bars; each script on a connection of its own."""
    for script in scripts:
        connection = apsw.Connection(str(path))
        connection.execute(script)
        connection.close()


@asynccontextmanager
async def desk(path: Path, past: PastOfExchange, **config: Any) -> AsyncIterator[Desk]:
    """Leaving is as a kill: what is not kept is lost."""
    opened = Desk(path, past, **config)
    running = asyncio.create_task(opened.keeper.run())
    try:
        yield opened
        assert not running.done() or running.result()
    finally:
        running.cancel()
        await asyncio.wait([running])
        opened.store.close()
