"""Reads the exchange's feed on its own and keeps when each trade was sent: `sentAt` by sequence.

usage: python -m bench.programs.feed_record HOST PORT FILE
Says `ready EPOCH` with the first trade; ends when standard input does, and leaves FILE: pairs of (sequence, microseconds), 8 bytes each.
"""

import gc
import selectors
import socket
import sys
import time
from array import array
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

REQUEST = b"GET /trades/stream?client=bench HTTP/1.0\r\nHost: exchange\r\n\r\n"
READ_BYTES = 1 << 20


class Sent(msgspec.Struct, rename="camel", gc=False):
    sequence: int
    sent_at: str


_decode = msgspec.json.Decoder(list[Sent]).decode


@lru_cache(maxsize=4_096)
def us_of(text: str) -> int:
    """Microseconds since 1970 UTC."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


class Recording:
    """Pairs of (sequence, microseconds), and when the newest trade was sent."""

    def __init__(self) -> None:
        self.pairs = array("q")
        self.newest_us = 0
        self._rest = b""
        self._began = False

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b'{"epoch"'):
                print("ready", msgspec.json.decode(line)["epoch"], flush=True)
                self._began = True
            elif self._began and line.startswith(b"[{"):
                for sent in _decode(line):
                    self.newest_us = us_of(sent.sent_at)
                    self.pairs.extend((sent.sequence, self.newest_us))


def main(host: str, port: int, path: Path) -> None:
    gc.disable()
    recording, until_us = Recording(), None
    with socket.create_connection((host, port)) as feed, selectors.DefaultSelector() as waiting:
        feed.sendall(REQUEST)
        waiting.register(feed, selectors.EVENT_READ)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        # Told to end, it reads on to what was sent by then: watchers may have had it already.
        while until_us is None or recording.newest_us < until_us:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    until_us = time.time_ns() // 1_000
                    waiting.unregister(sys.stdin)
                elif data := feed.recv(READ_BYTES):
                    recording.take(data)
                else:
                    sys.exit("the feed ended")
    path.write_bytes(recording.pairs.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
