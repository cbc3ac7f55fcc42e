"""The operator of a simulated world: asks about dead letters as soon as there are some, also at the moment when clean-up does."""

import asyncio
import random
from typing import TYPE_CHECKING

from locksley.order_db.port import Source
from simulation.loop import ProcessDied

if TYPE_CHECKING:
    from simulation.world import World

LETTERS_MAX = 5
LOOKS_EVERY_S_MAX = 4.0
SOURCE = Source("operator")


class Operator:
    def __init__(self, world: "World", chance: random.Random) -> None:
        self._world = world
        self._chance = chance

    async def retry_forever(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0, LOOKS_EVERY_S_MAX))
            try:
                await self._retry()
            except (Exception, ProcessDied) as error:
                self._world.expect_failure(error)

    async def _retry(self) -> None:
        world = self._world
        if not (world.broker.ready and world.broker.process.alive):
            return
        letters = world.broker.broker.dead_letters
        for letter in await world.request(lambda: letters.letters("", LETTERS_MAX)):
            order_id = letter.order.order_id
            await world.request(lambda order_id=order_id: letters.retry(order_id, SOURCE))  # type: ignore[misc]
