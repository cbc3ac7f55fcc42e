"""An exchange with a fixed market on a real socket, and a customer of it."""

import asyncio
import io
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

from paper_exchange.committer import Log
from paper_exchange.exchange import Exchange
from paper_exchange.market.port import Event
from paper_exchange.pace import Pace
from paper_exchange.serve import Address, Running
from tests.paper_exchange.fixed_market import FixedMarket

Json = dict[str, Any]
DEADLINE_SECONDS = 10


class Reader:
    """A stream of the feed, line by line."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def line(self) -> Any:
        """The next line; None when the stream has been closed."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                data = await self._response.content.readline()
        except aiohttp.ClientError:
            return None
        return msgspec.json.decode(data) if data.endswith(b"\n") else None

    async def trades(self) -> Any:
        """The next line that is not a heartbeat."""
        while (line := await self.line()) == []:
            pass
        return line

    async def sequences(self, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            found += [trade["sequence"] for trade in await self.trades()]
        return found


class Venue:
    def __init__(self, log: Log | None = None, **options: Any) -> None:
        self.market = FixedMarket()
        self.exchange = Exchange(self.market, time.time_ns, prefix="p", **options)
        self.running = Running(self.exchange, log, Pace(1, follows_wall=True))
        self._session: aiohttp.ClientSession | None = None
        self._streams: list[aiohttp.ClientResponse] = []

    async def start(self) -> None:
        await self.running.start(Address("127.0.0.1", 0))
        self._session = self.new_session()

    async def stop(self) -> None:
        assert self._session is not None
        for stream in self._streams:
            stream.close()
        await self._session.close()
        await self.running.stop()

    def new_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            f"http://127.0.0.1:{self.running.port}", timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        )

    async def happen(self, *events: Event) -> None:
        for event in events:
            self.exchange.apply(event)
        await self.running.committer.durable()

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Json]:
        assert self._session is not None
        data = body if isinstance(body, bytes | io.BytesIO) else None if body is None else msgspec.json.encode(body)
        async with self._session.request(method, path, data=data) as response:
            answer: Json = msgspec.json.decode(await response.read())
            return response.status, answer

    async def get(self, path: str) -> Json:
        status, answer = await self.ask("GET", path)
        assert status == 200, answer
        return answer

    async def place(self, *orders: Json) -> Sequence[Json]:
        status, answer = await self.ask("POST", "/orders", list(orders))
        assert status == 200, answer
        items: Sequence[Json] = answer["items"]
        return items

    async def set_faults(self, **faults: Any) -> None:
        status, answer = await self.ask("PUT", "/faults", faults)
        assert status == 200, answer

    async def read(self, query: str = "client=c&after=0") -> tuple[Json, Reader]:
        """The first line of a stream, and the stream."""
        assert self._session is not None
        response = await self._session.get(
            f"/trades/stream?{query}", timeout=aiohttp.ClientTimeout(total=None), read_bufsize=2**20
        )
        self._streams.append(response)
        reader = Reader(response)
        if response.status != 200:
            return await response.json(), reader
        return await reader.line(), reader


def order(client_order_id: str, **changes: Any) -> Json:
    return {
        "clientOrderId": client_order_id,
        "symbol": "META",
        "side": "buy",
        "type": "limit",
        "priceE4": 500_000,
        "numShares": 10,
        "notAfter": "2100-01-01T00:00:00+02:00",
        **changes,
    }
