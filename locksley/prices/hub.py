"""The hub: one task that writes to every watcher, once a tick, all that changed for it.

Reads from the topics, which the bus changes. Writes to the watchers' sinks. Keeps marks only; if it dies, the streams end and their readers
come again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from locksley.config import Config
from locksley.prices.frames import HEARTBEAT, status_frame
from locksley.prices.topic import Topic
from locksley.prices.watcher import Watcher

# A big tick is spread: after so long the loop's other work gets its turn. The clock is looked at once in so many watchers.
WORK_MS_MAX = 8
WATCHERS_PER_LOOK = 64
# Walking all watchers costs a third, for each symbol of theirs, of what it costs to look one watcher up: measured.
LOOK_UP_COST = 3
# A tick that took long is followed by a longer pause: so much of the time at most, with all that came between, goes to ticks.
TICKS_SHARE = 1 / 8
SWEEP_EVERY_MS = 500


class Hub:
    """`leave(watcher)` is called for one whose sink is closed or has not taken a write for too long. `stale` is asked once a tick."""

    def __init__(self, config: Config, stale: Callable[[], bool], leave: Callable[[Watcher], None]) -> None:
        self._tick_s = config.stream_tick_ms / 1000
        self._tick_most_s = config.stream_tick_most_ms / 1000
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
        self._subscriptions = 0
        self._first = 0
        self._swept_at_s = 0.0
        self._turn_ends_s = 0.0
        self.ticks_count = self.frames_count = self.dropped_count = 0

    def __len__(self) -> int:
        return len(self._watchers)

    @property
    def late_count(self) -> int:
        return len(self._late)

    def add(self, watcher: Watcher, head: bytes) -> None:
        """Live from now on. `head` is its first write: what it needs to know of all that it watches."""
        watcher.last_write_s = asyncio.get_running_loop().time()
        watcher.sink.write(head)
        watcher.watch(self.status)
        for topic in watcher.topics.values():
            watcher.watch(topic)
        self._subscriptions += len(watcher.watched)
        self._watchers[watcher] = None

    def remove(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            del self._watchers[watcher]
            self._late.pop(watcher, None)
            self._subscriptions -= len(watcher.watched)
            for topic in list(watcher.watched):
                watcher.unwatch(topic)

    def show(self, watcher: Watcher, topic: Topic) -> None:
        """Let a live watcher have this topic as it is now, and each change from now on."""
        before = len(watcher.watched)
        watcher.watch(topic)
        self._subscriptions += len(watcher.watched) - before
        if topic.frame:
            watcher.late[topic] = None
            self._late[watcher] = None

    def hide(self, watcher: Watcher, topic: Topic) -> None:
        before = len(watcher.watched)
        watcher.unwatch(topic)
        self._subscriptions += len(watcher.watched) - before

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            await self.tick()
            ended_s = loop.time()
            await asyncio.sleep(began_s + self._pause_s(ended_s - began_s) - ended_s)

    def _pause_s(self, took_s: float) -> float:
        """From the beginning of a tick to that of the next."""
        return min(max(self._tick_s, took_s / TICKS_SHARE), max(self._tick_s, self._tick_most_s))

    async def tick(self) -> None:
        """Mark what changed, write to each watcher with marks, and now and then see to the idle and the stuck."""
        now_s = asyncio.get_running_loop().time()
        self._turn_ends_s = now_s + WORK_MS_MAX / 1000
        self._ask_stale()
        changed = self._encode()
        frames = sum([len(topic.watchers) for topic in changed])
        self.ticks_count += 1
        self.frames_count += frames
        if frames * LOOK_UP_COST > self._subscriptions:
            await self._write((watcher, watcher.watched) for watcher in self._in_turn())
        else:
            await self._write((await self._marked(changed)).items())
        for topic in changed:
            topic.now = b""
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

    def _encode(self) -> list[Topic]:
        dirty = list(self.dirty)
        self.dirty.clear()
        changed = [topic for topic in dirty if topic.encode()]
        for topic in changed:
            topic.now = topic.frame
        return changed

    async def _marked(self, changed: Sequence[Topic]) -> dict[Watcher, list[Topic]]:
        """Which of the topics changed for whom; with those who still wait for earlier ones."""
        marks: defaultdict[Watcher, list[Topic]] = defaultdict(list)
        for topic in changed:
            for watcher in topic.watchers:
                marks[watcher].append(topic)
            await self._breathe()
        for watcher in self._late:
            marks[watcher]  # an entry without topics: what is late for it is tried again
        return marks

    def _in_turn(self) -> list[Watcher]:
        """All watchers; another one is first each time, so that none is always last."""
        count = len(self._watchers)
        self._first = self._first + WATCHERS_PER_LOOK if self._first + WATCHERS_PER_LOOK < count else 0
        watchers = list(self._watchers)
        return watchers[self._first :] + watchers[: self._first]

    async def _write(self, topics_of_each: Iterable[tuple[Watcher, Sequence[Topic]]]) -> None:
        now_s = asyncio.get_running_loop().time()
        late = self._late
        each = iter(topics_of_each)
        while batch := list(islice(each, WATCHERS_PER_LOOK)):
            for watcher, topics in batch:
                if watcher.left:
                    continue
                if watcher.send(topics, now_s):
                    if late:
                        late.pop(watcher, None)
                else:
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
            self.dropped_count += 1
            sink.close()
            self._leave(watcher)

    async def _breathe(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._turn_ends_s:
            await asyncio.sleep(0)
            self._turn_ends_s = loop.time() + WORK_MS_MAX / 1000
