"""A bus within this process: handlers are called as messages are published."""

import structlog

from locksley.bus.port import Handler

log = structlog.get_logger()


class MemoryBus:
    """`Bus`. Keeps no message: whoever is subscribed gets it before `publish` returns."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[Handler, ...]] = {}

    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        for channel, payload in messages:
            for handler in self._handlers.get(channel, ()):
                self._call(handler, channel, payload)

    async def subscribe(self, channel: str, handler: Handler) -> None:
        """A handler that is subscribed twice is still called once."""
        known = self._handlers.get(channel, ())
        if handler not in known:
            self._handlers[channel] = (*known, handler)

    async def unsubscribe(self, channel: str, handler: Handler) -> None:
        left = tuple(known for known in self._handlers.get(channel, ()) if known != handler)
        if left:
            self._handlers[channel] = left
        else:
            self._handlers.pop(channel, None)

    @property
    def channels(self) -> list[str]:
        """Those that somebody listens to."""
        return sorted(self._handlers)

    def _call(self, handler: Handler, channel: str, payload: bytes) -> None:
        try:
            handler(channel, payload)
        except Exception:
            # One listener's mistake is not to keep a message from the others, nor to reach the publisher.
            log.exception("bus_handler_failed", channel=channel)
