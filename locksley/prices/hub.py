"""The hub: one task that writes to every watcher, once a tick, all that changed for it.

Reads from the topics, which the bus changes. Writes to the watchers' sinks. Keeps marks only; if it dies, the streams end and their readers
come again.
"""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice

from locksley.config import Config
from locksley.prices.frames import HEARTBEAT, status_frame
from locksley.prices.topic import Topic
from locksley.prices.watcher import Watcher

# A big tick is spread: after so long the loop's other work gets its turn. The clock is looked at once in so many watchers.
WORK_MS_MAX = 8
WATCHERS_PER_LOOK = 64
SWEEP_EVERY_MS = 500


class Hub:
    """`leave(watcher)` is called for one whose sink is closed or has not taken a write for too long. `stale` is asked once a tick."""

    def __init__(self, config: Config, stale: Callable[[], bool], leave: Callable[[Watcher], None]) -> None:
        self._tick_s = config.stream_tick_ms / 1000
        self._heartbeat_s = config.heartbeat_ms / 1000
        self._write_timeout_s = config.stream_write_timeout_ms / 1000
        self._sweep_every_s = min(SWEEP_EVERY_MS, config.heartbeat_ms / 4) / 1000
        self._stale = stale
        self._leave = leave
        self._was_stale = stale()
        self.status = Topic(status_frame(self._was_stale))
        self.dirty: dict[Topic, None] = {}
        self._watchers: dict[Watcher, None] = {}
        self._late: dict[Watcher, None] = {}
        self._first = 0
        self._swept_at_s = 0.0
        self._turn_ends_s = 0.0

    def __len__(self) -> int:
        return len(self._watchers)

    def add(self, watcher: Watcher, head: bytes) -> None:
        """Live from now on. `head` is its first write: what it needs to know of all that it watches."""
        watcher.last_write_s = asyncio.get_running_loop().time()
        watcher.sink.write(head)
        watcher.watch(self.status)
        for topic in watcher.topics.values():
            watcher.watch(topic)
        self._watchers[watcher] = None

    def remove(self, watcher: Watcher) -> None:
        self._watchers.pop(watcher, None)
        self._late.pop(watcher, None)
        watcher.unwatch(self.status)

    def show(self, watcher: Watcher, topic: Topic) -> None:
        """Let a live watcher have this topic as it is now, and each change from now on."""
        watcher.watch(topic)
        if topic.frame:
            watcher.late[topic] = None
            self._late[watcher] = None

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while True:
            await self.tick()
            next_s = max(next_s + self._tick_s, loop.time())
            await asyncio.sleep(next_s - loop.time())

    async def tick(self) -> None:
        """Mark what changed, write to each watcher with marks, and now and then see to the idle and the stuck."""
        now_s = asyncio.get_running_loop().time()
        self._turn_ends_s = now_s + WORK_MS_MAX / 1000
        self._ask_stale()
        if self.dirty:
            await self._mark()
            await self._write(self._in_turn())
        elif self._late:
            await self._write(list(self._late))
        if now_s >= self._swept_at_s + self._sweep_every_s:
            self._swept_at_s = now_s
            await self._sweep(now_s)

    def _ask_stale(self) -> None:
        stale = self._stale()
        if stale != self._was_stale:
            self._was_stale = stale
            self.status.frame = status_frame(stale)
            self.dirty[self.status] = None

    @property
    def is_stale(self) -> bool:
        return self._was_stale

    async def _mark(self) -> None:
        dirty = list(self.dirty)
        self.dirty.clear()
        for topic in dirty:
            # Encoded and marked in one go: a watcher that joins between two topics starts from a frame at least as new.
            if topic.encode():
                for mark in topic.marks.values():
                    mark(topic)
            await self._breathe()

    def _in_turn(self) -> list[Watcher]:
        """All watchers; another one is first each time, so that none is always last."""
        count = len(self._watchers)
        self._first = self._first + WATCHERS_PER_LOOK if self._first + WATCHERS_PER_LOOK < count else 0
        watchers = list(self._watchers)
        return watchers[self._first :] + watchers[: self._first]

    async def _write(self, watchers: Iterable[Watcher]) -> None:
        now_s = asyncio.get_running_loop().time()
        each = iter(watchers)
        late = self._late
        while batch := list(islice(each, WATCHERS_PER_LOOK)):
            for watcher in batch:
                if watcher.marks or watcher.late:
                    if watcher.sink.ready and not watcher.left:
                        watcher.write(now_s)
                        if late:
                            late.pop(watcher, None)
                    elif not watcher.left:
                        watcher.postpone()
                        late[watcher] = None
            await self._breathe()

    async def _sweep(self, now_s: float) -> None:
        each = iter(list(self._watchers))
        while batch := list(islice(each, WATCHERS_PER_LOOK)):
            for watcher in batch:
                self._see_to(watcher, now_s)
            await self._breathe()

    def _see_to(self, watcher: Watcher, now_s: float) -> None:
        idle_s = now_s - watcher.last_write_s
        sink = watcher.sink
        if sink.closed:
            self._leave(watcher)
        elif sink.ready:
            if idle_s >= self._heartbeat_s and not watcher.left:
                watcher.last_write_s = now_s
                sink.write(HEARTBEAT)
        elif idle_s >= self._write_timeout_s:
            sink.close()
            self._leave(watcher)

    async def _breathe(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._turn_ends_s:
            await asyncio.sleep(0)
            self._turn_ends_s = loop.time() + WORK_MS_MAX / 1000
