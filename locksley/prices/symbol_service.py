"""The symbol service: who watches what.

Reads from the price cache (the snapshot) and the bus (what comes after). Writes to watchers, by the hub. Keeps streams in memory only:
if it dies they end, and their readers come again to any other, for a new snapshot.
"""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from locksley.bus.port import Bus
from locksley.config import Config
from locksley.domain.errors import NotFound, TooManyStreams, TooManySymbols, UnknownSymbol
from locksley.domain.price import Price
from locksley.price_cache.port import PriceCache
from locksley.prices.directory import Directory
from locksley.prices.frames import stream_frame
from locksley.prices.hub import Hub
from locksley.prices.sink import Sink
from locksley.prices.topic import SymbolTopic
from locksley.prices.watcher import Watcher

UNKNOWN_NAMED_MAX = 10
REREAD_AT_ONCE_MAX = 500
MS_PER_SECOND = 1_000


class SymbolService:
    """`stale()` says whether prices are not live at this moment."""

    def __init__(
        self,
        cache: PriceCache,
        bus: Bus,
        directory: Directory,
        config: Config,
        random: Random,
        *,
        stale: Callable[[], bool],
    ) -> None:
        self._cache = cache
        self._bus = bus
        self._directory = directory
        self._config = config
        self._random = random
        self._stale = stale
        self.hub = Hub(config, stale, self.leave)
        self._topics: dict[str, SymbolTopic] = {}
        self._streams: dict[str, Watcher] = {}
        self._streams_of: dict[str, int] = {}
        self._unheld: asyncio.Queue[SymbolTopic] = asyncio.Queue()

    @property
    def stale(self) -> bool:
        return self._stale()

    @property
    def watchers_count(self) -> int:
        return len(self._streams)

    @property
    def topics_count(self) -> int:
        return len(self._topics)

    async def latest(self, symbols: Sequence[str]) -> list[Price]:
        """In the order asked. Raises `UnknownSymbol`, which names those that are."""
        prices = await self._cache.get_many(symbols)
        self._refuse_unknown([symbol for symbol, price in zip(symbols, prices, strict=True) if price is None])
        return [price for price in prices if price is not None]

    async def watch(self, user_id: str, symbols: Sequence[str], sink: Sink) -> Watcher:
        """A new stream: `stream` and a snapshot at once, then live. Raises `TooManyStreams`, `TooManySymbols`, `UnknownSymbol`."""
        asked = list(dict.fromkeys(symbols))
        self._refuse_unknown(self._directory.unknown(asked))
        self._refuse_too_many_symbols(len(asked))
        watcher = self._register(user_id, sink)
        try:
            await self._hold(watcher, asked)
            self.hub.add(watcher, self._head(watcher))
        except BaseException:
            self.leave(watcher)
            raise
        return watcher

    async def change(self, user_id: str, stream_id: str, add: Sequence[str], remove: Sequence[str]) -> list[str]:
        """The symbols watched afterwards. What is added is sent as it is now. Raises `NotFound`, `TooManySymbols`, `UnknownSymbol`."""
        watcher = self._streams.get(stream_id)
        if watcher is None or watcher.user_id != user_id:
            raise NotFound
        new = [symbol for symbol in dict.fromkeys(add) if symbol not in watcher.topics]
        self._refuse_unknown(self._directory.unknown(new))
        removed = [symbol for symbol in dict.fromkeys(remove) if symbol in watcher.topics]
        self._refuse_too_many_symbols(len(watcher.topics) - len(removed) + len(new))
        for symbol in removed:
            self._let_go(watcher, symbol)
        await self._hold(watcher, new)
        for symbol in new:
            if (topic := watcher.topics.get(symbol)) is not None and not watcher.left:
                self.hub.show(watcher, topic)
        return watcher.symbols

    def leave(self, watcher: Watcher) -> None:
        """The stream has ended. Once is enough, twice does no harm."""
        if watcher.left:
            return
        watcher.left = True
        self.hub.remove(watcher)
        for symbol in watcher.symbols:
            self._let_go(watcher, symbol)
        del self._streams[watcher.stream_id]
        self._streams_of[watcher.user_id] -= 1
        if not self._streams_of[watcher.user_id]:
            del self._streams_of[watcher.user_id]

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.hub.run())
            tasks.create_task(self._unsubscribe_the_unheld())
            tasks.create_task(self._look_again())

    def _register(self, user_id: str, sink: Sink) -> Watcher:
        streams = self._streams_of.get(user_id, 0)
        if streams >= self._config.streams_per_person_max:
            raise TooManyStreams(f"{streams} streams are open for this person, which is the most; close one first.")
        self._streams_of[user_id] = streams + 1
        watcher = Watcher(user_id, f"{self._random.getrandbits(128):032x}", sink)
        self._streams[watcher.stream_id] = watcher
        return watcher

    async def _hold(self, watcher: Watcher, symbols: Sequence[str]) -> None:
        """Subscribe first and read the cache then: a price is in one of the two, whenever it came."""
        for symbol in symbols:
            # The stream may end while it waits here; what it held is let go by then.
            if not watcher.left:
                await self._hold_one(watcher, symbol)
        for symbol, price in zip(symbols, await self._cache.get_many(symbols), strict=True):
            topic = watcher.topics.get(symbol)
            if topic is not None and price is not None:
                topic.offer(price)
                topic.snapshot()

    async def _hold_one(self, watcher: Watcher, symbol: str) -> None:
        topic = self._topics.get(symbol)
        if topic is None:
            topic = self._topics[symbol] = SymbolTopic(symbol, self.hub.dirty)
        if symbol not in watcher.topics:
            watcher.topics[symbol] = topic
            topic.holders += 1
        if not topic.subscribed:
            # Also where another stream's subscribing is still under way: once this returns, no price is missed.
            await self._bus.subscribe(topic.channel, topic.hear)
            topic.subscribed = True

    def _let_go(self, watcher: Watcher, symbol: str) -> None:
        topic = watcher.topics.pop(symbol)
        self.hub.hide(watcher, topic)
        topic.holders -= 1
        if not topic.holders:
            # Whoever wants the symbol next gets a new topic with a subscription of its own; this one's may end when it will.
            del self._topics[symbol]
            self._unheld.put_nowait(topic)

    async def _unsubscribe_the_unheld(self) -> None:
        while True:
            topic = await self._unheld.get()
            await self._bus.unsubscribe(topic.channel, topic.hear)

    async def _look_again(self) -> None:
        """A message that the bus lost costs latency, never a price: what is watched is read from the cache now and then."""
        while True:
            await asyncio.sleep(self._config.cache_reread_every_ms / MS_PER_SECOND)
            symbols = list(self._topics)
            for start in range(0, len(symbols), REREAD_AT_ONCE_MAX):
                await self._offer_cached(symbols[start : start + REREAD_AT_ONCE_MAX])

    async def _offer_cached(self, symbols: Sequence[str]) -> None:
        for symbol, price in zip(symbols, await self._cache.get_many(symbols), strict=True):
            topic = self._topics.get(symbol)
            if topic is not None and price is not None:
                topic.offer(price)

    def _head(self, watcher: Watcher) -> bytes:
        retry_ms = self._random.randint(self._config.stream_retry_ms, 2 * self._config.stream_retry_ms)
        frames = [stream_frame(watcher.stream_id, retry_ms)]
        frames += [topic.frame for topic in watcher.topics.values()]
        if self.hub.is_stale:
            frames.append(self.hub.status.frame)
        return b"".join(frames)

    def _refuse_unknown(self, unknown: Sequence[str]) -> None:
        if unknown:
            named = ", ".join(f"{symbol!r:.40}" for symbol in unknown[:UNKNOWN_NAMED_MAX])
            raise UnknownSymbol(
                f"No such symbol trades on the exchange: {named}.", symbols=list(unknown[:UNKNOWN_NAMED_MAX])
            )

    def _refuse_too_many_symbols(self, count: int) -> None:
        if count > self._config.symbols_per_stream_max:
            raise TooManySymbols(f"{count} symbols for one stream; {self._config.symbols_per_stream_max} is the most.")
