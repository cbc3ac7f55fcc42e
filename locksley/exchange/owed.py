"""Up to where the feed owes trades: what had traded before the last heartbeat was due before this one."""


class Owed:
    """Of one epoch. What other answers told of between two heartbeats may still be on its way when the second comes."""

    def __init__(self) -> None:
        self._told = self._told_before = 0

    def note(self, sequence: int) -> None:
        """Some answer says that there are trades up to it."""
        self._told = max(self._told, sequence)

    def at_heartbeat(self) -> int:
        """What is not here up to this sequence was skipped."""
        due, self._told_before = self._told_before, self._told
        return due
