"""Waiting for what has to come: each wait has a deadline, and says what was missing when that has passed."""

import time
from collections.abc import Callable

POLL_S = 0.02


def eventually(what: str | Callable[[], str], holds: Callable[[], bool], deadline_s: float = 20.0) -> None:
    """Returns once `holds()`. For what tells nobody when it happens: another process ends, another's answer changes."""
    until_s = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > until_s:
            raise AssertionError(f"after {deadline_s} s still not so: {what if isinstance(what, str) else what()}")
        time.sleep(POLL_S)
