"""The paper exchange as a child process: started, watched, started again when it dies, stopped at the end.

It keeps its journal in the data directory. Its standard input is a pipe that closes with us, so that it ends even when we are killed.
"""

import asyncio
import sys
from pathlib import Path

import structlog

from locksley.config import ConfigError

DEFAULT_PORT = 9000
READY = "paper exchange listening on "
STOP_S_MAX = 10.0
RESTART_FIRST_S, RESTART_MOST_S = 0.5, 8.0

CANNOT_RUN = 2  # its exit code once it has said why, in one line on the standard error that we share

log = structlog.get_logger()


class ExchangeRefused(ConfigError):
    """The paper exchange cannot run, and has said why: there is nothing to add."""


class PaperExchange:
    def __init__(self, port: int | None, journal: Path, market_options: list[str]) -> None:
        self._port = DEFAULT_PORT if port is None else port
        self._journal = journal
        self._market_options = market_options
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        """Returns once it takes orders. Raises `ConfigError` when it does not: `ExchangeRefused` where it has said why."""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "paper_exchange", "serve", "--until-stdin-closes"),
            *("--port", str(self._port), "--journal", str(self._journal)),
            *self._market_options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to pass on, after the broker has stopped
        )
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode().strip()
        if not line.startswith(READY):
            code = await process.wait()
            raise ExchangeRefused if code == CANNOT_RUN else ConfigError(f"the paper exchange ended with code {code}")
        self.url = line.removeprefix(READY)
        self._port = int(self.url.rpartition(":")[2])

    async def keep_running(self, stopped: asyncio.Event) -> None:
        """Start it again whenever it ends by itself: its journal has everything."""
        pause_s = RESTART_FIRST_S
        while self._process is not None:
            code = await self._process.wait()
            if stopped.is_set():
                return
            log.error("the paper exchange ended by itself; starting it again", exit_code=code, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_MOST_S)
            try:
                await self.start()
            except ConfigError as error:
                log.error("the paper exchange is down", error=str(error))

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
