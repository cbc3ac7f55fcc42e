"""Events handed out as time passes.

Reads from an iterator of events in time order, one event ahead; writes nothing.
Dies with the market that made it: a new run makes a new one.
"""

from collections.abc import Iterator

from paper_exchange.market.port import Event


class Timeline:
    """An iterator of events, in time order, as `advance` and `next_at_ns` of the port. Holds one event at most."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._next = next(events, None)

    @property
    def next_at_ns(self) -> int | None:
        return None if self._next is None else self._next.at_ns

    def advance(self, until_ns: int, limit: int) -> list[Event]:
        due: list[Event] = []
        event = self._next
        while event is not None and event.at_ns <= until_ns and len(due) < limit:
            due.append(event)
            event = next(self._events, None)
        self._next = event
        return due
