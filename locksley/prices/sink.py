"""Where a watcher's bytes go: the port between the symbol service and whatever carries a stream."""

from typing import Protocol


class Sink(Protocol):
    """One reader's open response. A write that has started but not finished is the sign of a slow reader: it is left alone."""

    @property
    def ready(self) -> bool:
        """Whether the last write has finished, so that another may start."""
        ...

    def write(self, data: bytes) -> None:
        """Start a write; only when `ready`. Never waits, never raises: a broken line shows itself by `closed`."""
        ...

    @property
    def closed(self) -> bool: ...

    def close(self) -> None:
        """End the response."""
        ...
