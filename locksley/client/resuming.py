"""A stream that is opened again whenever it breaks: when, how often, and where it goes on.

Reads from the network. Writes nothing. What breaks is mended here; whoever reads sees events, and an error when there is no hope.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable

from locksley.client.errors import LocksleyError, NoAnswer, Refused
from locksley.client.events_parser import Event, EventParser, StreamBroken
from locksley.client.retries import Retries, is_passing
from locksley.client.transport import Request, Transport

MS_PER_SECOND = 1_000
RECONNECT_S_MAX = 3_600.0
PAUSE_S_MAX = 60.0


class Resuming:
    """`request` is asked for anew at each opening: it says where to go on. `retries` bounds the first opening; once it was open,
    it is tried again for `reconnect_s_max` seconds from each loss."""

    def __init__(
        self, transport: Transport, retries: Retries, request: Callable[[], Request], reconnect_s_max: float
    ) -> None:
        self._transport = transport
        self._retries = retries
        self._request = request
        self._reconnect_s_max = reconnect_s_max
        self._failures = 0
        self._retry_s = 0.0
        self._was_open = False
        self._lost_at_s = 0.0
        self.connected = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """Without end. Raises what refuses it for good, or the last error when the bounds are reached."""
        self._lost_at_s = asyncio.get_running_loop().time()
        while True:
            error: LocksleyError = NoAnswer("the stream ended", may_have_happened=False)
            try:
                async with self._transport.stream(self._request()) as chunks:
                    self.connected = self._was_open = True
                    parser = EventParser()
                    async for chunk in chunks:
                        self._failures = 0
                        for event in parser.feed(chunk):
                            yield event
                        self._retry_s = (parser.retry_ms or 0) / MS_PER_SECOND
            except StreamBroken as broken:
                error = NoAnswer(f"the stream broke: {broken}", may_have_happened=False)
            except LocksleyError as refused:
                error = refused
            finally:
                self._lost()
            await asyncio.sleep(self._pause_s(error))

    def _lost(self) -> None:
        if self.connected:
            self._lost_at_s = asyncio.get_running_loop().time()
        self.connected = False

    def _pause_s(self, error: LocksleyError) -> float:
        """Before the next opening. Raises `error` when there is to be none."""
        self._failures += 1
        asked_s = error.retry_after_s if isinstance(error, Refused) else self._retry_s
        pause_s = min(PAUSE_S_MAX, self._retries.pause_s(self._failures, asked_s))
        lost_s = asyncio.get_running_loop().time() - self._lost_at_s
        if self._was_open:
            is_over = lost_s + pause_s > self._reconnect_s_max
        else:
            attempts_max = self._retries.attempts_after(error, undecided=False)
            is_over = self._failures >= attempts_max or lost_s + pause_s > self._retries.total_s_max
        if is_over or not is_passing(error):
            raise error
        return pause_s
