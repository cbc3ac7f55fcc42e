"""Puts an epoch's trades in sequence: repeats dropped, reordering healed, gaps known. Pure: no I/O, no clock."""

from collections.abc import Iterable

from locksley.domain.price import Trade


class Sequencer:
    """`position` is the last sequence up to which nothing is missing; what came after a gap waits for it in `ahead`."""

    def __init__(self, position: int) -> None:
        self.position = position
        self._known = position
        self._ahead: dict[int, Trade] = {}

    @property
    def ahead_count(self) -> int:
        return len(self._ahead)

    @property
    def gap(self) -> tuple[int, int] | None:
        """(after, until): the first stretch that is missing."""
        if self._ahead:
            return self.position, min(self._ahead) - 1
        return (self.position, self._known) if self._known > self.position else None

    @property
    def whole(self) -> bool:
        return self._known <= self.position and not self._ahead

    def learn(self, sequence: int) -> None:
        """There are trades up to `sequence`."""
        self._known = max(self._known, sequence)

    def take(self, trades: Iterable[Trade]) -> tuple[list[Trade], list[Trade]]:
        """(those never seen before, as they came; those now in sequence without a gap)."""
        new: list[Trade] = []
        in_order: list[Trade] = []
        ahead, position = self._ahead, self.position
        for trade in trades:
            sequence = trade.sequence
            if sequence == position + 1:
                position = sequence
                new.append(trade)
                in_order.append(trade)
                while ahead and (waiting := ahead.pop(position + 1, None)) is not None:
                    position += 1
                    in_order.append(waiting)
            elif sequence > position and sequence not in ahead:
                ahead[sequence] = trade
                new.append(trade)
        self.position = position
        return new, in_order

    def give_up(self, until: int) -> tuple[tuple[int, int], list[Trade]] | None:
        """Skip the first stretch that is missing, up to `until` at most: ((first, last) given up, what is in sequence after it).

        None where nothing up to `until` is missing.
        """
        first, last = self.position + 1, min(until, min(self._ahead, default=until + 1) - 1)
        if last < first:
            return None
        self.position = last
        in_order = []
        while (waiting := self._ahead.pop(self.position + 1, None)) is not None:
            self.position += 1
            in_order.append(waiting)
        return (first, last), in_order

    @property
    def newest(self) -> int:
        """The highest sequence that was received."""
        return max(self._ahead, default=self.position)
