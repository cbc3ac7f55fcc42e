"""Reads the exchange's feed on its own and keeps when each trade was sent: `sentAt` by sequence.

usage: python -m bench.programs.feed_record HOST PORT FILE
Says `ready EPOCH` with the first trade; ends when standard input does, and leaves FILE: pairs of (sequence, microseconds), 8 bytes each.
"""

import gc
import selectors
import socket
import sys
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


def main(host: str, port: int, path: Path) -> None:
    gc.disable()
    recorded = array("q")
    with socket.create_connection((host, port)) as feed, selectors.DefaultSelector() as waiting:
        feed.sendall(REQUEST)
        waiting.register(feed, selectors.EVENT_READ)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        rest, began = b"", False
        while all(key.fileobj is feed for key, _ in waiting.select()):
            data = feed.recv(READ_BYTES)
            if not data:
                sys.exit("the feed ended")
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b'{"epoch"'):
                    print("ready", msgspec.json.decode(line)["epoch"], flush=True)
                    began = True
                elif began and line.startswith(b"[{"):
                    for sent in _decode(line):
                        recorded.extend((sent.sequence, us_of(sent.sent_at)))
    path.write_bytes(recorded.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
