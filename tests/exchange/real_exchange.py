"""The paper exchange as its own process, on a port of the kernel's choosing."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

STARTS_WITHIN_S = 30
ANNOUNCEMENT = "paper exchange listening on "


class RealExchange:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def faults(self, **faults: Any) -> None:
        async with self._session.put(self.url + "/faults", json=faults) as response:
            assert response.status == 200, await response.text()

    async def no_faults(self) -> dict[str, int]:
        """How often each fault had struck."""
        async with self._session.delete(self.url + "/faults") as response:
            struck: dict[str, int] = (await response.json())["struck"]
            return struck

    async def stats(self) -> Any:
        async with self._session.get(self.url + "/stats") as response:
            return await response.json()


@asynccontextmanager
async def real_exchange(*options: str) -> AsyncIterator[RealExchange]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "paper_exchange", "serve", "--port", "0", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), STARTS_WITHIN_S)).decode().strip()
        assert line.startswith(ANNOUNCEMENT), line
        async with aiohttp.ClientSession() as session:
            yield RealExchange(line.removeprefix(ANNOUNCEMENT), session)
    finally:
        process.terminate()
        await process.wait()
