"""Watchers in other processes, and how long each price took from the exchange to them."""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from bench.figures import Latency, latency
from bench.processes import Child, Failed, child, program
from bench.programs.watchers import Task
from bench.spine import Spine

STREAMS_PER_PERSON = 10
BUSIEST_SHARE = 0.01
UNMATCHED_SHARE_MAX = 0.001


class Choice(NamedTuple):
    """What a watcher watches: so many symbols, of which `popular` are among the busiest one in a hundred, the others by chance."""

    watchers: int
    symbols_each: int
    popular: int = 0

    def people(self) -> int:
        return max(1, -(-self.watchers // STREAMS_PER_PERSON))

    def symbols_of_each(self, busiest_first: Sequence[str]) -> list[list[str]]:
        random = Random(self.watchers)
        busiest = busiest_first[: max(self.popular, int(len(busiest_first) * BUSIEST_SHARE))]
        others = busiest_first[len(busiest) :] if self.popular else busiest_first
        return [
            random.sample(busiest, self.popular) + random.sample(others, self.symbols_each - self.popular)
            for _ in range(self.watchers)
        ]


class Watched(NamedTuple):
    """Of one run: `latency` from the exchange's `sentAt` to the watcher's line."""

    latency: Latency
    trades_per_second: float
    updates_per_second: float
    reads_per_second: float
    unmatched: int


class Watchers:
    """`begin` measuring, `end` it."""

    def __init__(self, feed: Child, watchers: Sequence[Child], feed_file: Path, watcher_files: Sequence[Path]) -> None:
        self._feed = feed
        self.processes = watchers
        self._feed_file = feed_file
        self._watcher_files = watcher_files

    def begin(self) -> None:
        for one in self.processes:
            one.tell("measure")

    def end(self, seconds: float) -> Watched:
        for one in self.processes:
            one.tell("end")
        reads = sum(int(one.hear().split()[1]) for one in self.processes)
        self._feed.tell("end")
        for one in (self._feed, *self.processes):
            one.finish()
        return self._match(seconds, reads)

    def _match(self, seconds: float, reads: int) -> Watched:
        sent_us = dict(_pairs(self._feed_file))
        received = [pair for path in self._watcher_files for pair in _pairs(path)]
        took_ms = [(at_us - sent_us[sequence]) / 1000 for sequence, at_us in received if sequence in sent_us]
        first_us, last_us = received[0][1], received[0][1] + int(seconds * 1_000_000)
        trades = sum(first_us <= at_us <= last_us for at_us in sent_us.values())
        unmatched = len(received) - len(took_ms)
        if unmatched > UNMATCHED_SHARE_MAX * len(received):
            raise Failed(
                f"{unmatched} of {len(received)} updates carry a version that the exchange's feed did not have"
            )
        return Watched(latency(took_ms), trades / seconds, len(received) / seconds, reads / seconds, unmatched)


@contextmanager
def watchers(on: Spine, choice: Choice, processes: int) -> Iterator[Watchers]:
    """All connected, each with its snapshot."""
    chosen = choice.symbols_of_each(on.symbols)
    with tempfile.TemporaryDirectory(prefix="locksley-bench-") as name, ExitStack() as started:
        directory = Path(name)
        feed_file = directory / "feed"
        exchange = urlsplit(on.exchange_url)
        feed = started.enter_context(
            child(*program("feed_record", str(exchange.hostname), str(exchange.port), str(feed_file)))
        )
        feed.hear()
        files = [directory / f"watchers-{number}" for number in range(processes)]
        children = [started.enter_context(child(*program("watchers", str(path)))) for path in files]
        for number, one in enumerate(children):
            task = Task(on.port, on.tokens, chosen[number::processes])
            one.tell(msgspec.json.encode(task).decode())
        for one in children:
            one.hear()
        yield Watchers(feed, children, feed_file, files)


def _pairs(path: Path) -> Iterator[tuple[int, int]]:
    flat = array("q")
    flat.frombytes(path.read_bytes())
    return zip(flat[::2], flat[1::2], strict=True)
