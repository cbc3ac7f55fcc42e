"""Those who watch prices: each checks that no version goes backwards, whatever breaks in between."""

import asyncio
import json
from typing import TYPE_CHECKING

from simulation.loop import ProcessDied
from simulation.market import SYMBOLS

if TYPE_CHECKING:
    from simulation.world import World

RECONNECT_S = 0.5


class RecordingSink:
    """A reader's open response; `stalled`: its writes do not finish."""

    def __init__(self, watcher: "SimulatedWatcher") -> None:
        self._watcher = watcher
        self.stalled = False
        self.ended = asyncio.Event()
        self.last: dict[str, tuple[int, int]] = {}

    @property
    def ready(self) -> bool:
        return not self.stalled and not self.closed

    @property
    def closed(self) -> bool:
        return self.ended.is_set()

    def write(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            if line.startswith(b'data: {"symbol"'):
                self._watcher.see(self, json.loads(line[6:]))

    def close(self) -> None:
        self.ended.set()


class SimulatedWatcher:
    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self.name = name
        self.sink: RecordingSink | None = None
        self.frames = 0

    def see(self, sink: RecordingSink, price: dict[str, object]) -> None:
        symbol, version = str(price["symbol"]), (int(str(price["epoch"])), int(str(price["sequence"])))
        before = sink.last.get(symbol, (0, 0))
        if version < before:
            self._world.violate(f"I6 {self.name} saw {symbol} go back from {before} to {version}")
        sink.last[symbol] = version
        self.frames += 1

    async def watch_forever(self) -> None:
        """Connect, read until the stream ends, connect again."""
        world = self._world
        while True:
            self.sink = RecordingSink(self)
            try:
                service = world.broker.broker.symbol_service if world.broker.ready else None
                if service is not None:
                    watcher = await world.request(lambda s=service: s.watch(self.name, SYMBOLS, self.sink))  # type: ignore[misc]
                    world.broker.process.on_death.append(self.sink.close)
                    await self.sink.ended.wait()
                    if world.broker.process.alive:
                        service.leave(watcher)
            except (Exception, ProcessDied) as error:
                world.expect_failure(error)
            await asyncio.sleep(RECONNECT_S)
