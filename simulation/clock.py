"""The wall clocks of a simulated world."""

import asyncio

START_MS = 1_795_363_200_000


class SimulatedClock:
    """`offset_ms` is how far this machine's wall clock is from the true time; a jump changes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.offset_ms = 0

    def now_ms(self) -> int:
        return START_MS + self.offset_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return int(self._loop.time() * 1_000)

    def now_ns(self) -> int:
        return START_MS * 1_000_000 + int(self._loop.time() * 1_000_000_000)
