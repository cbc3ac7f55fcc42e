"""When something happens: instants that come in bursts, each decision calling forth others.

Reads from a seeded generator of random numbers; writes nothing. A new run starts a new rhythm.
"""

import math
from random import Random

NS_PER_S = 1_000_000_000
LARGEST_GRID_NS = 1_000_000
OCCUPIED_MAX = 0.4
CALLED_FORTH = 0.6
MEMORY_S = 0.5


def clock_grid_ns(instants_per_second: float) -> int:
    """The clock's step: a millisecond, or the largest smaller power of ten that leaves most steps empty."""
    grid_ns = LARGEST_GRID_NS
    while grid_ns > 1 and instants_per_second * grid_ns / NS_PER_S > OCCUPIED_MAX:
        grid_ns //= 10
    return grid_ns


class Rhythm:
    """A self-exciting (Hawkes) process on a clock of coarse steps; no two instants are equal.

    Of all instants the share `CALLED_FORTH` follows from one before it, within about `MEMORY_S`; the rest come by chance.
    """

    def __init__(self, random: Random, instants_per_second: float, starts_at_ns: int) -> None:
        self._random = random
        self._grid_ns = clock_grid_ns(instants_per_second)
        self._by_chance = instants_per_second * (1 - CALLED_FORTH)
        self._excited = instants_per_second * CALLED_FORTH
        self._origin_ns = starts_at_ns
        self._at_s = 0.0
        self._last_ns = starts_at_ns // self._grid_ns * self._grid_ns

    def next_ns(self) -> int:
        self._wait()
        exact_ns = self._origin_ns + int(self._at_s * NS_PER_S)
        if self._at_s > NS_PER_S / self._grid_ns:
            self._origin_ns, self._at_s = exact_ns, 0.0
        on_grid_ns = -(-exact_ns // self._grid_ns) * self._grid_ns
        self._last_ns = max(on_grid_ns, self._last_ns + self._grid_ns)
        return self._last_ns

    def _wait(self) -> None:
        """Thinning: between instants the excitement only decays, so that its value now bounds what follows."""
        uniform = self._random.random
        while True:
            bound = self._by_chance + self._excited
            gap_s = -math.log(1.0 - uniform()) / bound
            self._at_s += gap_s
            self._excited *= math.exp(-gap_s / MEMORY_S)
            if uniform() * bound <= self._by_chance + self._excited:
                self._excited += CALLED_FORTH / MEMORY_S
                return
