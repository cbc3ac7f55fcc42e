"""What the exchange saw of its customers: connections by what they were used for, requests, orders, cancels."""

from collections.abc import Hashable

import msgspec


class Connections(msgspec.Struct):
    """Open now, the most that were open at once, and all that ever were."""

    open: int = 0
    most: int = 0
    ever: int = 0

    def opened(self) -> None:
        self.open += 1
        self.ever += 1
        self.most = max(self.most, self.open)


class Stats:
    """A connection counts from its first request of a kind; one that never asks for anything is not counted."""

    def __init__(self) -> None:
        self.feed = Connections()
        self.order_entry = Connections()
        self.requests = 0
        self.orders = 0
        self.cancels = 0
        self._kinds: dict[Hashable, list[Connections]] = {}

    def used(self, connection: Hashable, kind: Connections) -> None:
        kinds = self._kinds.setdefault(connection, [])
        if not any(known is kind for known in kinds):
            kinds.append(kind)
            kind.opened()

    def lost(self, connection: Hashable) -> None:
        for kind in self._kinds.pop(connection, []):
            kind.open -= 1

    def as_json(self) -> dict[str, object]:
        return {
            "feed": self.feed,
            "orderEntry": self.order_entry,
            "requests": self.requests,
            "orders": self.orders,
            "cancels": self.cancels,
        }
