"""Long work in a thread, in pieces with rests between them.

The event loop's thread lets go of the interpreter at every statement of its own, and gets it back once a busy thread has had its five
milliseconds (`sys.getswitchinterval`). So a tenth of a second of work beside it holds every order up, unless it rests.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

PIECE = 25  # symbols: some 0.2 ms
REST_S = 0.001


def _rest() -> None:
    time.sleep(REST_S)


def in_pieces(items: Sequence[T], rest: Callable[[], None] = _rest) -> Iterator[Sequence[T]]:
    """All of them, a piece at a time, with a rest after each but the last."""
    for first in range(0, len(items), PIECE):
        if first:
            rest()
        yield items[first : first + PIECE]
