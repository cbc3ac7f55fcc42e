"""Random numbers that come again: one generator per purpose."""

from random import Random


def seeded(*purpose: object) -> Random:
    """The same purpose (seed, symbol, day …) gives the same numbers, in every run and on every machine."""
    return Random(" ".join(map(str, purpose)))  # noqa: S311
