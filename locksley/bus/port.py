"""Publish and subscribe: hints and prices on their way to whoever cares.

Promise: messages of one channel reach a subscriber in the order published by one publisher; at most once; lost when nobody listens
or when the bus is down. Whoever needs more reads the cache or the database after the hint. Handlers are plain functions that return
at once; they are called on the event loop.
"""

from collections.abc import Callable
from typing import Protocol

Handler = Callable[[str, bytes], None]


class Bus(Protocol):
    async def publish(self, messages: list[tuple[str, bytes]]) -> None:
        """Each is (channel, payload)."""
        ...

    async def subscribe(self, channel: str, handler: Handler) -> None:
        """`handler(channel, payload)` is called for each message from now on; once this returns, none is missed."""
        ...

    async def unsubscribe(self, channel: str, handler: Handler) -> None: ...
