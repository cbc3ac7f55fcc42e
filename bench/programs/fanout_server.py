"""Our symbol service, hub and streams on our web server, with every symbol changing every tick: how much one core can tell.

usage: python -m bench.programs.fanout_server PORT SYMBOLS DIRECTORY
Says `ready` once it listens; ends when standard input does.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path
from random import Random

import uvloop

from bench.programs.http_server import bare_services, until_stdin_closes
from locksley.bus.memory import MemoryBus
from locksley.config import Config
from locksley.domain.price import Price
from locksley.price_cache.memory import MemoryPriceCache
from locksley.prices.directory import Directory, Listing
from locksley.prices.messages import channel_of, encode_price
from locksley.prices.symbol_service import SymbolService
from locksley.web.api import Api
from locksley.web.server import WebServer


def symbol_names(symbols: int) -> list[str]:
    return [f"S{number:04}" for number in range(symbols)]


def price(symbol: str, sequence: int) -> Price:
    return Price(symbol, symbol, 5_010_000, 5_000_000, 1, 1, 1, 18_400, 3, sequence, 1_795_359_845_123, 100)


async def market(bus: MemoryBus, symbols: list[str], every_s: float) -> None:
    for sequence in count(2):
        await bus.publish([(channel_of(symbol), encode_price(price(symbol, sequence))) for symbol in symbols])
        await asyncio.sleep(every_s)


async def main(port: int, symbols: list[str], directory: Path) -> None:
    config = Config(data_dir=directory, port=port, streams_per_person_max=1_000_000)
    bus, cache, listed = MemoryBus(), MemoryPriceCache(), Directory()
    listed.replace(Listing(symbol, symbol) for symbol in symbols)
    await cache.put_many([price(symbol, 1) for symbol in symbols])
    service = SymbolService(cache, bus, listed, config, Random(1), stale=lambda: False)
    services = bare_services(directory)._replace(config=config, symbols=service)
    web = WebServer(Api(services).application, services.streams, config)
    await web.start()
    running = [
        asyncio.create_task(service.run()),
        asyncio.create_task(market(bus, symbols, config.stream_tick_ms / 1000)),
    ]
    print("ready", flush=True)
    await until_stdin_closes()
    for task in running:
        task.cancel()
    await web.stop()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), symbol_names(int(sys.argv[2])), Path(sys.argv[3])))
