"""What is being placed at this moment, so that a second like it is told to wait. A courtesy: correctness rests on the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from locksley.domain.errors import OrderInProgress, RequestInProgress
from locksley.orders.request import OrderRequest


class InFlight:
    def __init__(self) -> None:
        self._running: set[tuple[str, str | OrderRequest]] = set()

    @contextmanager
    def enter(self, user_id: str, request: OrderRequest, key: str | None) -> Iterator[None]:
        """Bounded by the requests that the server lets run at once."""
        running = (user_id, key if key is not None else request)
        if running in self._running:
            raise RequestInProgress if key is not None else OrderInProgress
        self._running.add(running)
        try:
            yield
        finally:
            self._running.discard(running)
