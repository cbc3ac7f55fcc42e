"""The broker as a process of its own, on one port through all its lives: `locksley up` beside an exchange that runs already."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

READY_S_MAX = 60.0
POLL_S = 0.01
SAID = "locksley listening on "


class Broker:
    """`prefix`: words that the command is given to, such as a wrapper that bounds what it may do."""

    def __init__(self, data_dir: Path, exchange_url: str, log: Path, prefix: Sequence[str] = ()) -> None:
        self.data_dir = data_dir
        self.log = log
        self._exchange_url = exchange_url
        self._prefix = prefix
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> float:
        """Until it is ready; how many seconds that took."""
        began_s = time.monotonic()
        await self.launch()
        await self.heard()
        await self.ready()
        return time.monotonic() - began_s

    async def launch(self) -> None:
        words = ["--port", str(self.port), "--exchange-url", self._exchange_url, "--data-dir", str(self.data_dir)]
        with self.log.open("ab") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *self._prefix,
                *(sys.executable, "-m", "locksley", "up", *words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )

    async def heard(self) -> None:
        """It says where it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_S_MAX):
            line = (await self._process.stdout.readline()).decode().strip()
        assert line.startswith(SAID), f"it said {line!r}, and in its log:\n{self.log.read_text()}"
        self.port = int(line.rpartition(":")[2])

    async def ready(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_S_MAX):
            while not await _is_ready(session, f"{self.url}/readyz"):
                assert self.is_alive, self.log.read_text()
                await asyncio.sleep(POLL_S)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
