"""Many watchers of live prices on raw sockets in one process.

usage: python -m bench.programs.watchers FILE
Reads a `Task` as a line of JSON, says `ready` once each watcher has its snapshot, and from the word `measure` on notes which price
versions came when, until standard input ends. Leaves FILE: pairs of (sequence, microseconds), 8 bytes each.
Says `writes N bytes N updates N`.
"""

import gc
import re
import selectors
import socket
import sys
import time
from array import array
from pathlib import Path

import msgspec

READ_BYTES = 1 << 18
SNAPSHOT_S_MAX = 60.0

_versions = re.compile(rb"id: \d+-(\d+)\n").findall


class Task(msgspec.Struct):
    """One watcher for each of `symbols_of_each`, its person in turn from `tokens`."""

    port: int
    tokens: list[str]
    symbols_of_each: list[list[str]]
    reads_versions: bool = True


class Watcher:
    """`seen` has the versions that it was shown: one that is shown again, as volume moves without the price, is no new price."""

    __slots__ = ("rest", "seen", "socket")

    def __init__(self, port: int, token: str, symbols: list[str]) -> None:
        self.rest = b""
        self.seen: set[bytes] = set()
        self.socket = socket.create_connection(("127.0.0.1", port))
        request = f"GET /subscribe?symbols={','.join(symbols)} HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(request.encode())

    def snapshot(self, deadline_s: float) -> None:
        """Until the first price is here."""
        head = b""
        while b"event: price" not in head:
            self.socket.settimeout(max(0.1, deadline_s - time.monotonic()))
            data = self.socket.recv(READ_BYTES)
            head += data
            if not data or b" 200 " not in head[:20]:
                sys.exit(f"a watcher was refused: {head[:400]!r}")
        self.seen.update(_versions(head))
        self.socket.setblocking(False)


class Reading:
    """`received` is (sequence, microseconds) in turn."""

    def __init__(self, watchers: list[Watcher], reads_versions: bool) -> None:
        self.received = array("q")
        self.writes = 0
        self.bytes = 0
        self.updates = 0
        self._reads_versions = reads_versions
        self._waiting = selectors.DefaultSelector()
        for watcher in watchers:
            self._waiting.register(watcher.socket, selectors.EVENT_READ, watcher)
        self._waiting.register(sys.stdin, selectors.EVENT_READ, None)

    def until_told(self) -> None:
        """Read until there is something on standard input."""
        told = False
        while not told:
            for key, _ in self._waiting.select():
                if key.data is None:
                    told = True
                else:
                    self._read(key.data)

    def _read(self, watcher: Watcher) -> None:
        try:
            data = watcher.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            sys.exit("a stream ended")
        self.writes += 1
        self.bytes += len(data)
        if self._reads_versions:
            self._note(watcher, data, time.time_ns() // 1000)
        else:
            self.updates += data.count(b"event: price")  # one that is cut in two between reads is not counted: few are

    def _note(self, watcher: Watcher, data: bytes, now_us: int) -> None:
        if watcher.rest:
            data, watcher.rest = watcher.rest + data, b""
        if not data.endswith(b"\n\n\r\n"):
            whole = data.rfind(b"\n\n") + 2
            watcher.rest = data[whole:] if whole > 1 else data
            data = data[:whole] if whole > 1 else b""
        for sequence in _versions(data):
            if sequence in watcher.seen:
                continue
            watcher.seen.add(sequence)
            self.received.append(int(sequence))
            self.received.append(now_us)

    def forget(self) -> None:
        self.received = array("q")
        self.writes = self.bytes = self.updates = 0


def main(path: Path) -> None:
    gc.disable()
    task = msgspec.json.decode(sys.stdin.readline(), type=Task)
    deadline_s = time.monotonic() + SNAPSHOT_S_MAX
    watchers = []
    for number, symbols in enumerate(task.symbols_of_each):
        watcher = Watcher(task.port, task.tokens[number % len(task.tokens)], symbols)
        watcher.snapshot(deadline_s)
        watchers.append(watcher)
    reading = Reading(watchers, task.reads_versions)
    print("ready", flush=True)
    reading.until_told()
    sys.stdin.readline()
    reading.forget()
    reading.until_told()
    path.write_bytes(reading.received.tobytes())
    print(f"writes {reading.writes} bytes {reading.bytes} updates {reading.updates}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
