"""How long ago the feed was heard, and how old what it said is."""

import asyncio

from locksley.clock import Clock


class Hearing:
    """`silence_ms_max`: a feed that gives neither trade nor heartbeat for longer is silent."""

    def __init__(self, clock: Clock, silence_ms_max: int) -> None:
        self._clock = clock
        self._silence_s_max = silence_ms_max / 1000
        self._heard_at_s: float | None = None
        self._newest_sent_at_ms: int | None = None

    def hear(self, sent_at_ms: int | None = None) -> None:
        """A trade counts from when it was sent; anything else, such as a heartbeat, from now."""
        self._heard_at_s = asyncio.get_running_loop().time()
        self._newest_sent_at_ms = self._clock.now_ms() if sent_at_ms is None else sent_at_ms

    @property
    def is_silent(self) -> bool:
        return self._heard_at_s is None or asyncio.get_running_loop().time() - self._heard_at_s > self._silence_s_max

    @property
    def lag_ms(self) -> int | None:
        """How old the newest thing heard is. None: nothing was heard."""
        if self._newest_sent_at_ms is None:
            return None
        return max(0, self._clock.now_ms() - self._newest_sent_at_ms)
