"""What happened in one seed."""

import msgspec


class Report(msgspec.Struct):
    """`digest` is the same for two runs of a seed, or the run is not exact. `settled_s`: None when it never came to that."""

    seed: int
    violation: str | None
    actions: int
    kills: int
    faults: dict[str, int]
    simulated_s: float
    settled_s: float | None
    digest: str
    pairs: dict[str, int] = {}


def failed(seed: int, why: str) -> Report:
    """Of a seed that came to no report of its own."""
    return Report(seed, why, actions=0, kills=0, faults={}, simulated_s=0.0, settled_s=None, digest="")
