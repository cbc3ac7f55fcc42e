"""How long to wait before the next try: exponential, with full jitter."""

from random import Random


class Backoff:
    """Each `next_s` is drawn from 0 to a bound that doubles from `first_ms` up to `most_ms`, until `reset`."""

    def __init__(self, first_ms: int, most_ms: int, random: Random) -> None:
        self._first_ms = first_ms
        self._most_ms = most_ms
        self._random = random
        self._bound_ms = first_ms

    def reset(self) -> None:
        self._bound_ms = self._first_ms

    def next_s(self) -> float:
        bound_ms = self._bound_ms
        self._bound_ms = min(2 * bound_ms, self._most_ms)
        return self._random.uniform(0, bound_ms) / 1000
