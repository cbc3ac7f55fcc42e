"""Long work in a thread, in pieces with rests between them.

The event loop's thread lets go of the interpreter at every statement of its own, and gets it back once a busy thread has had its five
milliseconds (`sys.getswitchinterval`). So a tenth of a second of work beside it holds every order up, unless it rests.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Pace(NamedTuple):
    symbols: int  # of a piece
    rest_s: float


KEEPING = Pace(50, 0.001)  # pieces of some 0.3 ms
SETTLING = Pace(2, 0.005)  # pieces of some 2 ms


def in_pieces(items: Sequence[T], pace: Pace, sleep: Callable[[float], None] = time.sleep) -> Iterator[Sequence[T]]:
    """All of them, a piece at a time, with a rest after each but the last."""
    for first in range(0, len(items), pace.symbols):
        if first:
            sleep(pace.rest_s)
        yield items[first : first + pace.symbols]
