"""A symbol service with screens that watch, whose ticks the test makes one at a time."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from locksley.bus.memory import MemoryBus
from locksley.config import Config
from locksley.domain.price import Price
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.directory import Directory, Listing
from locksley.prices.messages import channel_of, encode_price
from locksley.prices.symbol_service import SymbolService
from locksley.prices.watcher import Watcher

SYMBOLS = ["A", "B", "C", "META"]
DEADLINE_S = 10


class Screen:
    """A sink that keeps what it was sent, as slow as it is told to be."""

    def __init__(self) -> None:
        self.ready = True
        self.closed = False
        self.takes_writes = True
        self.writes: list[bytes] = []
        self._written = asyncio.Event()

    def write(self, data: bytes) -> None:
        assert self.ready
        assert data
        self.ready = self.takes_writes
        self.writes.append(data)
        self._written.set()

    def close(self) -> None:
        self.closed = True

    @property
    def frames(self) -> list[str]:
        return b"".join(self.writes).decode().split("\n\n")[:-1]

    def events(self, kind: str) -> list[Any]:
        return [
            msgspec.json.decode(found.group(1))
            for frame in self.frames
            if (found := re.search(rf"^event: {kind}\ndata: (.*)$", frame, re.MULTILINE))
        ]

    @property
    def versions(self) -> list[tuple[str, int, int]]:
        return [(event["symbol"], event["epoch"], event["sequence"]) for event in self.events("price")]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self._written.clear()
                await self._written.wait()


class House:
    def __init__(self, cache: MemoryPriceCache | None = None, bus: MemoryBus | None = None, **changes: Any) -> None:
        self.cache = cache or MemoryPriceCache()
        self.bus = bus or MemoryBus()
        self.stale = False
        directory = Directory()
        directory.replace([Listing(symbol, symbol) for symbol in SYMBOLS])
        self.service = SymbolService(
            self.cache,
            self.bus,
            directory,
            Config(data_dir=Path("unused"), **changes),
            Random(1),
            stale=lambda: self.stale,
        )

    async def publish(self, *prices: Price) -> None:
        """As the price processor does it."""
        await self.cache.put_many(prices)
        await self.bus.publish([(channel_of(price.symbol), encode_price(price)) for price in prices])

    async def watch(self, *symbols: str, user_id: str = "u") -> tuple[Watcher, Screen]:
        screen = Screen()
        return await self.service.watch(user_id, symbols, screen), screen

    async def tick(self) -> None:
        await self.service.hub.tick()


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(house.service.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])


class LaggingBus(MemoryBus):
    """Holds back messages until the test lets them go, so that the cache runs ahead of the bus."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[str, bytes]] = []

    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        self.held += messages

    async def let_go(self, count: int) -> None:
        messages, self.held = self.held[:count], self.held[count:]
        await super().publish(messages)
