"""One open stream: what it watches, and what it has still to be sent."""

from collections.abc import Iterable, Sequence

from locksley.prices.sink import Sink
from locksley.prices.topic import SymbolTopic, Topic


class Watcher:
    """`watched` is whose changes it is sent; `late` are those of earlier ticks that a slow reader could not take.

    Topics are kept late, not bytes: a slow reader gets each symbol's newest price, and takes no more memory than its symbols.
    """

    __slots__ = ("last_write_s", "late", "left", "sink", "stream_id", "topics", "user_id", "watched")

    def __init__(self, user_id: str, stream_id: str, sink: Sink) -> None:
        self.user_id = user_id
        self.stream_id = stream_id
        self.sink = sink
        self.topics: dict[str, SymbolTopic] = {}
        self.watched: list[Topic] = []
        self.late: dict[Topic, None] = {}
        self.left = False
        self.last_write_s = 0.0

    @property
    def symbols(self) -> list[str]:
        return list(self.topics)

    def watch(self, topic: Topic) -> None:
        if self not in topic.watchers:
            topic.watchers[self] = None
            self.watched.append(topic)

    def unwatch(self, topic: Topic) -> None:
        if self in topic.watchers:
            del topic.watchers[self]
            self.watched.remove(topic)
            self.late.pop(topic, None)

    def send(self, topics: Sequence[Topic], now_s: float) -> bool:
        """Write what of `topics` changed in this tick, and all that is late, in one write. False: it has to wait, the sink is not ready."""
        if self.late:
            return self._send_late(topics, now_s)
        data = b"".join([topic.now for topic in topics])
        if data:
            if not self.sink.ready:
                self._postpone(topics)
                return False
            self.last_write_s = now_s
            self.sink.write(data)
        return True

    def _send_late(self, topics: Iterable[Topic], now_s: float) -> bool:
        self._postpone(topics)
        if not self.sink.ready:
            return False
        data = b"".join([topic.frame for topic in self.late])
        self.late.clear()
        self.last_write_s = now_s
        self.sink.write(data)
        return True

    def _postpone(self, topics: Iterable[Topic]) -> None:
        self.late.update({topic: None for topic in topics if topic.now})
