"""Waiting for what a test expects, with a deadline and without a pause of its own."""

import asyncio
from collections.abc import Callable

DEADLINE_S = 10


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0)
