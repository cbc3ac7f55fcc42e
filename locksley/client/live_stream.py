"""What the live streams have in common: iterate, close, and be closed while somebody waits for the next event."""

import asyncio
from abc import ABC, abstractmethod
from typing import Generic, Self, TypeVar

from locksley.client.events_parser import Event
from locksley.client.resuming import Resuming
from locksley.client.retries import Retries
from locksley.client.transport import Request, Transport

T = TypeVar("T")


class LiveStream(ABC, Generic[T]):
    """Iterate over it, in one place at a time. Use it as a context manager, so that it is closed."""

    def __init__(self, transport: Transport, retries: Retries, reconnect_s_max: float) -> None:
        self._resuming = Resuming(transport, retries, self._request, reconnect_s_max)
        self._events = self._resuming.events()
        self._reading: asyncio.Task[T] | None = None
        self._closed = False

    @abstractmethod
    def _request(self) -> Request:
        """That opens the stream, the first time or again."""

    @abstractmethod
    def _read(self, event: Event) -> T | None:
        """What an event tells; None: nothing new."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._closed:
            raise StopAsyncIteration
        self._reading = asyncio.create_task(self._next())
        try:
            return await self._reading
        except asyncio.CancelledError:
            if self._closed:
                raise StopAsyncIteration from None
            raise

    @property
    def connected(self) -> bool:
        """False while it is broken and being opened again."""
        return self._resuming.connected

    async def close(self) -> None:
        self._closed = True
        if self._reading is not None and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._events.aclose()

    async def _next(self) -> T:
        async for event in self._events:
            news = self._read(event)
            if news is not None:
                return news
        raise AssertionError("a stream has no end but an error")
