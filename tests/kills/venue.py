"""The paper exchange as a process of its own, with a journal, on one port through all its lives, misbehaving on demand."""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

READY = "paper exchange listening on "
START_S_MAX = 60.0
ASK_S_MAX = 30.0

Faults = Mapping[str, Mapping[str, float]]

NO_FAULTS: Faults = {}

# What a bad day looks like, all at once: about one request in seven is hit, and the feed stumbles every few seconds.
BAD_DAY: Faults = {
    "delay_ms": {"rate": 0.05, "ms": 40},
    "late": {"rate": 0.02, "ms": 400},
    "drop_answer": {"rate": 0.03},
    "fail": {"rate": 0.03},
    "refuse": {"rate": 0.01},
    "feed_disconnect": {"rate": 0.001},
    "feed_repeat": {"rate": 0.02},
    "feed_reorder": {"rate": 0.02},
    "feed_skip": {"rate": 0.005},
    "feed_new_epoch": {"rate": 0.0002},
}


class Venue:
    def __init__(self, journal: Path, *options: str) -> None:
        self._journal = journal
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._faults = NO_FAULTS
        self._seed = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> float:
        """Until it takes orders, misbehaving as it did before; how many seconds that took."""
        began_s = time.monotonic()
        words = ["--port", str(self.port), "--journal", str(self._journal), *self._options]
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "paper_exchange", "serve", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S_MAX):
            line = (await self._process.stdout.readline()).decode().strip()
        assert line.startswith(READY), line
        self.port = int(line.rpartition(":")[2])
        if self._faults:
            await self.misbehave(self._faults, self._seed)
        return time.monotonic() - began_s

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def misbehave(self, faults: Faults, seed: int) -> None:
        self._faults, self._seed = faults, seed + 1  # another life, other chance
        await self.ask("PUT", "/faults", {**faults, "seed": seed})

    async def behave(self) -> None:
        self._faults = NO_FAULTS
        await self.ask("DELETE", "/faults")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        timeout = aiohttp.ClientTimeout(total=ASK_S_MAX)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, self.url + path, json=body) as answer,
        ):
            assert answer.status == 200, (path, answer.status, await answer.read())
            return await answer.json(content_type=None)
