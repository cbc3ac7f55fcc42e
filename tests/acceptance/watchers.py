"""A thousand watchers in a process of their own, so that reading disturbs nobody: raw sockets, and no more parsing than the checks need.

Reads from: standard input, one line of JSON each time: what to watch, then what everybody must end at. Writes to: standard output, one
line of JSON each time. Every watcher checks that no symbol's version goes backwards; all together, that a version has one price.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any, cast

import uvloop

CONNECTING_MAX = 100
SYMBOLS_MAX = 5
OK, TOO_MANY = 200, 429
COMING_S_MAX = 20.0
POLL_S = 0.02
_HEAD_END = b"\r\n\r\n"
_PRICE = re.compile(rb'id: (\d+)-(\d+)\nevent: price\ndata: \{"symbol":"([^"]+)","priceInCents":(\d+),')

Version = tuple[int, int]


class Tally:
    """What all watchers saw together."""

    def __init__(self) -> None:
        self.prices: dict[tuple[int, int, bytes], int] = {}
        self.frames = 0
        self.wrong: list[str] = []

    def saw(self, version: Version, symbol: bytes, cents: int) -> None:
        self.frames += 1
        if self.prices.setdefault((*version, symbol), cents) != cents:
            self.wrong.append(f"{symbol.decode()} {version} is {cents} cents to one and other to another")


class Watcher(asyncio.Protocol):
    """Keeps what it has seen when it leaves and comes again."""

    def __init__(self, number: int, port: int, token: str, symbols: list[str], tally: Tally) -> None:
        self._number = number
        self._port = port
        self._request = (
            f"GET /subscribe?symbols={','.join(symbols)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._tally = tally
        self._data = b""
        self._in_body = False
        self._leaving = False
        self._transport: asyncio.Transport | None = None
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.symbols = [symbol.encode() for symbol in symbols]
        self.latest: dict[bytes, tuple[Version, int]] = {}

    async def come(self) -> None:
        """Returns when the stream has begun. A stream that was left counts until the broker has noticed, so that it may say 429."""
        async with asyncio.timeout(COMING_S_MAX):
            while await self._asked() == TOO_MANY:
                await asyncio.sleep(POLL_S)

    async def leave_and_come_again(self) -> None:
        await self._leave()
        await self.come()

    async def _asked(self) -> int:
        loop = asyncio.get_running_loop()
        self._data, self._in_body, self._leaving = b"", False, False
        self._status, self._gone = loop.create_future(), loop.create_future()
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)
        status = await self._status
        if status == TOO_MANY:
            await self._leave()
        return status

    async def _leave(self) -> None:
        self._leaving = True
        assert self._transport is not None
        self._transport.abort()
        await self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set_result(None)
        if not self._leaving:
            self._tally.wrong.append(f"watcher {self._number}: its stream ended, {exc!r}, {self._data[:300]!r}")
            if not self._status.done():
                self._status.set_result(0)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._in_body and not self._take_head():
            return
        while (chunk := self._chunk()) is not None:
            for epoch, sequence, symbol, cents in _PRICE.findall(chunk):
                self._see((int(epoch), int(sequence)), symbol, int(cents))

    def _take_head(self) -> bool:
        head, end, rest = self._data.partition(_HEAD_END)
        if not end:
            return False
        lines = head.lower().split(b"\r\n")
        status = int(lines[0].split()[1])
        if status != TOO_MANY and (status != OK or b"transfer-encoding: chunked" not in lines):
            self._tally.wrong.append(f"watcher {self._number}: {self._data[:500]!r}")
        self._data, self._in_body = rest, status == OK
        self._status.set_result(status)
        return self._in_body

    def _chunk(self) -> bytes | None:
        """The next whole chunk: what the broker wrote at once, so that no event is cut in two."""
        size, end, _ = self._data.partition(b"\r\n")
        if not end:
            return None
        start = len(size) + 2
        until = start + int(size, 16)
        if len(self._data) < until + 2:
            return None
        chunk, self._data = self._data[start:until], self._data[until + 2 :]
        return chunk

    def _see(self, version: Version, symbol: bytes, cents: int) -> None:
        before = self.latest.get(symbol)
        if before is not None and version < before[0]:
            self._tally.wrong.append(
                f"watcher {self._number}: {symbol.decode()} went from {before[0]} back to {version}"
            )
        self.latest[symbol] = (version, cents)
        self._tally.saw(version, symbol, cents)


class Crowd:
    def __init__(self, port: int, tokens: list[str], symbols: list[str], count: int) -> None:
        self.tally = Tally()
        self.watchers = [
            Watcher(number, port, tokens[number % len(tokens)], _some(symbols, number), self.tally)
            for number in range(count)
        ]

    async def come(self) -> None:
        room = asyncio.Semaphore(CONNECTING_MAX)

        async def one(watcher: Watcher) -> None:
            async with room:
                await watcher.come()

        await asyncio.gather(*(one(watcher) for watcher in self.watchers))

    async def some_leave_and_come_again(self) -> None:
        """Every tenth, one after the other."""
        for watcher in self.watchers[::10]:
            await watcher.leave_and_come_again()

    async def end_at(self, expected: dict[str, list[int]], deadline_s: float) -> list[str]:
        """Returns when every watcher has the last price of each of its symbols, or at the deadline with what is missing."""
        last = {symbol.encode(): ((epoch, sequence), cents) for symbol, (epoch, sequence, cents) in expected.items()}
        until_s = time.monotonic() + deadline_s
        while (missing := self._missing(last)) and time.monotonic() < until_s:
            await asyncio.sleep(POLL_S)
        return missing

    def _missing(self, last: dict[bytes, tuple[Version, int]]) -> list[str]:
        return [
            f"watcher {number}: {symbol.decode()} is {watcher.latest.get(symbol)}, not {last[symbol]}"
            for number, watcher in enumerate(self.watchers)
            for symbol in watcher.symbols
            if watcher.latest.get(symbol) != last[symbol]
        ]


def _some(symbols: list[str], number: int) -> list[str]:
    """One to five of them, by turns."""
    size = 1 + number % min(SYMBOLS_MAX, len(symbols))
    return [symbols[(number + place) % len(symbols)] for place in range(size)]


async def _main() -> None:
    asked = await _line()
    crowd = Crowd(asked["port"], asked["tokens"], asked["symbols"], asked["count"])
    await crowd.come()
    _say(watching=len(crowd.watchers), wrong=crowd.tally.wrong[:20])
    await _line()
    await crowd.some_leave_and_come_again()
    _say(wrong=crowd.tally.wrong[:20])
    asked = await _line()
    missing = await crowd.end_at(asked["expected"], asked["deadline_s"])
    rows = [(*key[:2], key[2].decode(), cents) for key, cents in crowd.tally.prices.items()]
    await asyncio.to_thread(Path(asked["prices_path"]).write_text, json.dumps(rows))
    _say(missing=missing[:20], missing_count=len(missing), wrong=crowd.tally.wrong[:20], frames=crowd.tally.frames)


async def _line() -> Any:
    """The next line of standard input; its end, when whoever started us is gone, ends us too."""
    line = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        sys.exit(1)
    return json.loads(line)


def _say(**members: object) -> None:
    print(json.dumps(members), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
