"""Notices a feed that the exchange ends again and again soon after it was opened: most likely somebody else reads it by the same name."""

import structlog

from locksley.clock import Clock

log = structlog.get_logger()


class CutShort:
    """`soon_ms`: a feed that lived longer was not cut short. Every `count_max` in a row are worth a line in the log."""

    def __init__(self, clock: Clock, soon_ms: int, count_max: int) -> None:
        self._clock = clock
        self._soon_ms = soon_ms
        self._count_max = count_max
        self._opened_at_ms: int | None = None
        self._count = 0

    @property
    def is_struck(self) -> bool:
        """Whether the last feeds were all cut short: to come again at once would only throw the other one off."""
        return self._count >= self._count_max

    def opened(self) -> None:
        self._opened_at_ms = self._clock.monotonic_ms()

    def ended(self) -> None:
        """By the exchange. Nothing was opened: that is another trouble, and says nothing about this one."""
        if self._opened_at_ms is None:
            return
        was_soon = self._clock.monotonic_ms() - self._opened_at_ms < self._soon_ms
        self._opened_at_ms = None
        self._count = self._count + 1 if was_soon else 0
        if self._count and self._count % self._count_max == 0:
            log.error(
                "feed_thrown_off",
                times=self._count,
                within_ms=self._soon_ms,
                remedy="another broker probably reads the exchange's feed under the same name; stop it, or start one of the two with "
                "--exchange-client and a name of its own",
            )
