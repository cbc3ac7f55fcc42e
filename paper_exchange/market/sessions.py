"""When a market of recorded days trades: one session a day, again in each pass where the recording is looped."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, time

from paper_exchange.market.new_york import moment_ns
from paper_exchange.market.port import Hours


class Sessions:
    """The same hours of New York on each of `days` (ascending). `loop_ns`: after how long they come again; None: never."""

    def __init__(self, days: Sequence[date], opens: time, closes: time, loop_ns: int | None) -> None:
        self._opens_ns = [moment_ns(day, opens) for day in days]
        self._closes_ns = [moment_ns(day, closes) for day in days]
        self._loop_ns = loop_ns

    def hours(self, at_ns: int) -> Hours:
        """A session holds its opening moment, not its closing one."""
        shift_ns = self._shift_ns(at_ns)
        place = bisect_right(self._closes_ns, at_ns - shift_ns)
        if place == len(self._closes_ns):
            if self._loop_ns is None:
                return Hours(False, None, None)
            place, shift_ns = 0, shift_ns + self._loop_ns
        opens_ns, closes_ns = self._opens_ns[place] + shift_ns, self._closes_ns[place] + shift_ns
        return Hours(opens_ns <= at_ns < closes_ns, opens_ns, closes_ns)

    def _shift_ns(self, at_ns: int) -> int:
        if self._loop_ns is None:
            return 0
        return max(0, (at_ns - self._opens_ns[0]) // self._loop_ns * self._loop_ns)
