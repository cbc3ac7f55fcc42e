"""externalOrderId -> (orderId, userId): how a trade on the feed finds its order.

It is a cache: everything in it can be rebuilt from the order database, and is, when it is missing or damaged. An entry once put is
found by every later `get_many` of this process; a crash may lose the newest entries.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Owner(NamedTuple):
    order_id: str
    user_id: str


class OrderIndex(Protocol):
    @property
    def is_whole(self) -> bool:
        """Whether everything that the database had at the last rebuild is in it."""
        ...

    def mark_whole(self) -> None: ...

    def put_many(self, entries: Sequence[tuple[str, Owner]]) -> None:
        """Raises `StorageUnavailable`; then whoever learns them again may put them again."""
        ...

    def get_many(self, external_order_ids: Sequence[str]) -> list[Owner | None]:
        """In the order asked; None for an order that is not ours. Raises `StorageUnavailable`."""
        ...

    def clear(self) -> None: ...

    def close(self) -> None: ...
