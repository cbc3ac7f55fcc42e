"""One way of placing orders at an exchange over two connections: as many as it takes, a batch per request, one request at a time on each.

usage: python -m bench.programs.exchange_clients CLIENT URL SYMBOL BATCH SECONDS
Says the latencies of its requests and the processor time that it used as a line of JSON.
"""

import asyncio
import importlib
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
import uvloop

from locksley.config import Config
from locksley.domain.order import OrderType, Side
from locksley.exchange.connections import Connections
from locksley.exchange.port import NewOrder
from locksley.exchange.wire import WireOrders, new_orders_body

CONNECTIONS = 2
LOW_PRICE_E4 = 10_000
NOT_AFTER_MS = 30_000

Post = Callable[[bytes], Awaitable[bytes]]

_decode = msgspec.json.Decoder(WireOrders).decode


class Outcome(msgspec.Struct):
    took_ms: list[float]
    orders: int
    seconds: float
    cpu_s: float


async def ours(url: str, opened: AsyncExitStack) -> list[Post]:
    connections = Connections(Config(data_dir=Path(), exchange_url=url))
    opened.push_async_callback(connections.close)

    async def post(body: bytes) -> bytes:
        return (await connections.call("POST", "/orders", body=body)).body

    return [post] * CONNECTIONS


async def aiohttp_client(url: str, opened: AsyncExitStack) -> list[Post]:
    session = await opened.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)))

    async def post(body: bytes) -> bytes:
        async with session.post(f"{url}/orders", data=body) as response:
            return await response.read()

    return [post] * CONNECTIONS


async def httpx_client(url: str, opened: AsyncExitStack) -> list[Post]:
    httpx: Any = importlib.import_module("httpx")
    limits = httpx.Limits(max_connections=CONNECTIONS)
    client = await opened.enter_async_context(httpx.AsyncClient(limits=limits, base_url=url))

    async def post(body: bytes) -> bytes:
        answer: bytes = (await client.post("/orders", content=body)).content
        return answer

    return [post] * CONNECTIONS


async def raw(url: str, opened: AsyncExitStack) -> list[Post]:
    """The least that can be done: no errors, no chunks, no redirects. The lower bound, not a client."""
    address = urlsplit(url)
    return [await _raw_connection(str(address.hostname), address.port or 80, opened) for _ in range(CONNECTIONS)]


async def _raw_connection(host: str, port: int, opened: AsyncExitStack) -> Post:
    reader, writer = await asyncio.open_connection(host, port)
    opened.callback(writer.close)

    async def post(body: bytes) -> bytes:
        writer.write(b"POST /orders HTTP/1.1\r\nHost: exchange\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return await reader.readexactly(length)

    return post


CLIENTS = {"ours (aiohttp)": ours, "aiohttp": aiohttp_client, "httpx": httpx_client, "raw asyncio": raw}


async def _keep_placing(post: Post, symbol: str, batch: int, until_s: float, outcome: Outcome) -> None:
    while (began_s := time.perf_counter()) < until_s:
        not_after_ms = time.time_ns() // 1_000_000 + NOT_AFTER_MS
        orders = [
            NewOrder(str(uuid.uuid4()), symbol, Side.BUY, OrderType.LIMIT, LOW_PRICE_E4, 1, not_after_ms)
            for _ in range(batch)
        ]
        answer = _decode(await post(new_orders_body(orders)))
        assert [item.result for item in answer.items] == ["accepted"] * batch, answer
        outcome.took_ms.append((time.perf_counter() - began_s) * 1000)
        outcome.orders += batch


async def main(client: str, url: str, symbol: str, batch: int, seconds: float) -> None:
    outcome = Outcome([], 0, 0.0, 0.0)
    async with AsyncExitStack() as opened:
        posts = await CLIENTS[client](url, opened)
        await asyncio.gather(*(_keep_placing(post, symbol, 1, time.perf_counter() + 0.1, outcome) for post in posts))
        outcome = Outcome([], 0, 0.0, 0.0)
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_keep_placing(post, symbol, batch, began_s + seconds, outcome) for post in posts))
        outcome.seconds, outcome.cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    print(msgspec.json.encode(outcome).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])))
