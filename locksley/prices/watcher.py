"""One open stream: what it watches, and what has changed for it since its last write."""

from locksley.prices.sink import Sink
from locksley.prices.topic import SymbolTopic, Topic


class Watcher:
    """`marks` are the topics that changed in this tick, `late` those of earlier ticks that a slow reader has not been sent.

    Both hold topics, not bytes: a slow reader gets each symbol's newest price, and takes no more memory than its symbols.
    """

    __slots__ = ("last_write_s", "late", "left", "marks", "sink", "stream_id", "topics", "user_id")

    def __init__(self, user_id: str, stream_id: str, sink: Sink) -> None:
        self.user_id = user_id
        self.stream_id = stream_id
        self.sink = sink
        self.topics: dict[str, SymbolTopic] = {}
        self.marks: list[Topic] = []
        self.late: dict[Topic, None] = {}
        self.left = False
        self.last_write_s = 0.0

    @property
    def symbols(self) -> list[str]:
        return list(self.topics)

    def watch(self, topic: Topic) -> None:
        """Be marked when the topic changes, from now on."""
        topic.marks[self] = self.marks.append

    def unwatch(self, topic: Topic) -> None:
        topic.marks.pop(self, None)
        self.late.pop(topic, None)
        if topic in self.marks:
            self.marks.remove(topic)

    def postpone(self) -> None:
        """Keep the marks for when the sink is ready again."""
        self.late.update(dict.fromkeys(self.marks))
        self.marks.clear()

    def write(self, now_s: float) -> None:
        """Everything that changed, in one write. Only when the sink is ready."""
        if self.late:
            self.postpone()
            data = b"".join([topic.frame for topic in self.late])
            self.late.clear()
        else:
            data = b"".join([topic.frame for topic in self.marks])
            self.marks.clear()
        self.last_write_s = now_s
        self.sink.write(data)
