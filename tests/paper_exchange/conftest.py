import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.paper_exchange.venue import Venue


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    """A fixed market's exchange, listening on a port of its own."""
    venue = Venue()
    await venue.start()
    yield venue
    await venue.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], "asyncio.Future[None]"]:
    """Waits until something holds, for ten seconds at most."""

    async def wait(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.002)

    return lambda holds: asyncio.ensure_future(wait(holds))
