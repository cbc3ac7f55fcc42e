"""Who attends: what is open for a caller, to be ended once the caller's session or token is not good any more."""

import asyncio
from collections.abc import Callable

from locksley.clock import Clock
from locksley.people.caller import Caller

EXPIRY_CHECK_MS_MAX = 30_000
MS_PER_SECOND = 1_000


class Attended:
    """One open stream. `end` is called at most once, and not after `leave`."""

    def __init__(self, caller: Caller, end: Callable[[], None], clock: Clock) -> None:
        self.caller = caller
        self._end = end
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._wait_for_expiry()

    def end(self) -> None:
        self.leave()
        self._end()

    def leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_for_expiry(self) -> None:
        """Looked at now and then, for the clock may be set while it waits."""
        if self.caller.session is None:
            return
        left_ms = self.caller.session.expires_at_ms - self._clock.now_ms()
        if left_ms <= 0:
            self.end()
            return
        wait_s = min(left_ms, EXPIRY_CHECK_MS_MAX) / MS_PER_SECOND
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._wait_for_expiry)


class Attending:
    """Bounded by the streams that are open, each of which leaves when it is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._attended: dict[Attended, None] = {}

    def __len__(self) -> int:
        return len(self._attended)

    def add(self, caller: Caller, end: Callable[[], None]) -> Callable[[], None]:
        """What to call when it is over."""
        attended = Attended(caller, end, self._clock)
        self._attended[attended] = None
        return lambda: self._leave(attended)

    def end(self, which: Callable[[Caller], bool]) -> None:
        for attended in [one for one in self._attended if which(one.caller)]:
            attended.end()

    def _leave(self, attended: Attended) -> None:
        self._attended.pop(attended, None)
        attended.leave()
