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
