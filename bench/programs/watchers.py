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
CONNECTIONS_PER_READ = 16

_versions = re.compile(rb"id: \d+-(\d+)\n").findall


class Task(msgspec.Struct):
    """One watcher for each of `symbols_of_each`, its person in turn from `tokens`."""

    port: int
    tokens: list[str]
    symbols_of_each: list[list[str]]
    reads_versions: bool = True


class Watcher:
    """`head`: what has come while there is no price yet, then None. `seen`: a version that is shown again, as volume moves without
    the price, is no new price."""

    __slots__ = ("head", "rest", "seen", "socket")

    def __init__(self, port: int, token: str, symbols: list[str]) -> None:
        self.head: bytes | None = b""
        self.rest = b""
        self.seen: set[bytes] = set()
        self.socket = socket.create_connection(("127.0.0.1", port))
        request = f"GET /subscribe?symbols={','.join(symbols)} HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(request.encode())
        self.socket.setblocking(False)


class Reading:
    """`received` is (sequence, microseconds) in turn."""

    def __init__(self, reads_versions: bool) -> None:
        self.received = array("q")
        self.writes = 0
        self.bytes = 0
        self.updates = 0
        self._without_price = 0
        self._reads_versions = reads_versions
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(sys.stdin, selectors.EVENT_READ, None)

    def add(self, watcher: Watcher) -> None:
        self._without_price += 1
        self._waiting.register(watcher.socket, selectors.EVENT_READ, watcher)

    def until_all_have_prices(self) -> None:
        deadline_s = time.monotonic() + SNAPSHOT_S_MAX
        while self._without_price:
            if time.monotonic() > deadline_s:
                sys.exit(f"{self._without_price} watchers have no price after {SNAPSHOT_S_MAX:.0f} s")
            self.take(1.0)

    def take(self, timeout_s: float | None) -> bool:
        """Read what is there, wait for it if there is nothing. Whether standard input has something too."""
        told = False
        for key, _ in self._waiting.select(timeout_s):
            if key.data is None:
                told = True
            else:
                self._read(key.data)
        return told

    def until_told(self) -> None:
        """Read until there is something on standard input."""
        while not self.take(None):
            pass

    def _read(self, watcher: Watcher) -> None:
        try:
            data = watcher.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            sys.exit("a stream ended")
        if watcher.head is not None:
            self._begin(watcher, data)
            return
        self.writes += 1
        self.bytes += len(data)
        if self._reads_versions:
            self._note(watcher, data, time.time_ns() // 1000)
        else:
            self.updates += data.count(b"event: price")  # one that is cut in two between reads is not counted: few are

    def _begin(self, watcher: Watcher, data: bytes) -> None:
        assert watcher.head is not None
        watcher.head += data
        if b" 200 " not in watcher.head[:20]:
            sys.exit(f"a watcher was refused: {watcher.head[:400]!r}")
        if b"event: price" in watcher.head:
            watcher.seen.update(_versions(watcher.head))
            watcher.head = None
            self._without_price -= 1

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
    reading = Reading(task.reads_versions)
    for number, symbols in enumerate(task.symbols_of_each):
        reading.add(Watcher(task.port, task.tokens[number % len(task.tokens)], symbols))
        if number % CONNECTIONS_PER_READ == 0:
            reading.take(0)
    reading.until_all_have_prices()
    print("ready", flush=True)
    reading.until_told()
    sys.stdin.readline()
    reading.forget()
    reading.until_told()
    path.write_bytes(reading.received.tobytes())
    print(f"writes {reading.writes} bytes {reading.bytes} updates {reading.updates}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
