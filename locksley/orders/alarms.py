"""Alarms: what must never happen and did, for a person to look at: a line in the log, and a count for the metrics.

reads from: every flow of the orders. writes to: the log. What it is about is in the audit, or set aside in the order db.
"""

from collections import Counter

import structlog

log = structlog.get_logger()


class Alarms:
    """`counts` is by kind, since the start."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def ring(self, kind: str, **about: object) -> None:
        self.counts[kind] += 1
        log.error("alarm", kind=kind, **about)
