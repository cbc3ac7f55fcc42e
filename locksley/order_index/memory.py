"""The index in memory: for tests and for the simulation, whose crashes empty it."""

from collections.abc import Sequence

from locksley.order_index.port import Owner

FORGOTTEN = 10


class MemoryOrderIndex:
    def __init__(self) -> None:
        self._owners: dict[str, Owner] = {}
        self.is_whole = False

    def mark_whole(self) -> None:
        self.is_whole = True

    def put_many(self, entries: Sequence[tuple[str, Owner]]) -> None:
        self._owners.update(entries)

    def get_many(self, external_order_ids: Sequence[str]) -> list[Owner | None]:
        return [self._owners.get(external_id) for external_id in external_order_ids]

    def forget_newest(self) -> None:
        """What a crash of the machine does to entries that were not yet on the disk."""
        for external_id in list(self._owners)[-FORGOTTEN:]:
            del self._owners[external_id]

    def clear(self) -> None:
        self._owners.clear()
        self.is_whole = False

    def close(self) -> None:
        pass
