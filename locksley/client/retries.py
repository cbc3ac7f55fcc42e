"""When a request is sent again: how often, how long, and after what. Only what can not happen twice is sent twice."""

import random

import msgspec

from locksley.client.errors import BrokerFailed, Conflict, LocksleyError, NoAnswer, Refused, TooMany, Unavailable

IN_PROGRESS = "request_in_progress"


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one call: attempts, and seconds from its first to its last. Where nobody listens and nothing was sent, fewer
    attempts do."""

    attempts_max: int = 12
    unreached_attempts_max: int = 3
    total_s_max: float = 60.0
    pause_first_s: float = 0.2
    pause_most_s: float = 5.0

    def pause_s(self, attempt: int, asked_s: float = 0.0) -> float:
        """Before the attempt after this one (they count from 1): doubling, jittered, and no less than the broker asked for."""
        doubled_s = min(self.pause_most_s, self.pause_first_s * float(2 ** min(attempt - 1, 16)))
        return max(asked_s, doubled_s * random.uniform(0.5, 1.0))  # noqa: S311  (nothing secret)

    def attempts_after(self, error: LocksleyError, undecided: bool) -> int:
        """How many attempts there may be; `undecided`: what was asked for may have happened in one of them."""
        is_unreached = isinstance(error, NoAnswer) and not undecided
        return min(self.attempts_max, self.unreached_attempts_max) if is_unreached else self.attempts_max


def is_passing(error: LocksleyError) -> bool:
    """Whether the same request may fare better in a moment."""
    if isinstance(error, Conflict):
        return error.code == IN_PROGRESS
    if isinstance(error, BrokerFailed):
        return error.status in (502, 504)  # of a proxy: the broker itself was not reached, or not in time
    return isinstance(error, NoAnswer | TooMany | Unavailable)


def is_undecided(error: LocksleyError) -> bool:
    """Whether what was asked for may have happened, or be happening."""
    if isinstance(error, Refused):
        return isinstance(error, BrokerFailed) or error.code == IN_PROGRESS
    return error.may_have_happened
