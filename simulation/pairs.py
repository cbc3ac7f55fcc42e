"""Which pairs of the state table occur: every step of an order is counted, also those that change nothing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from locksley.domain import account
from locksley.domain.events import Event
from locksley.domain.order import TABLE, Order

ALL_PAIRS = [f"{status} + {happening}" for status, happening in TABLE]

_ONE_ANSWER = "an order is sent once; what the exchange is known to have taken, that one answer does not refuse"
_NO_MORE_FILLS = "an exchange executes no more than an order's shares, and each execution is booked once"
_REMEMBERS = "only an exchange that loses its memory, or what it has said, does not know what it has filled"
_CLOSED_THERE = (
    "an order closes once all its fills are booked, and what is closed there, or was never had, executes nothing more"
)
_NEVER_TAKEN = "what was refused, or was unknown past its deadline, is never taken afterwards"

# Why a pair cannot occur while the exchange keeps to its contract. What happens should it break it: `tests/simulation/test_pairs.py`.
IMPOSSIBLE: dict[str, str] = {
    "pending + closed_by_exchange": "an answer that says closed says accepted first",
    "submitted + refused": _ONE_ANSWER,
    "partially_filled + refused": _ONE_ANSWER,
    "filled + refused": _ONE_ANSWER,
    "filled + fill_some_left": "a filled order has no shares left, before a fill as after it",
    "filled + fill_none_left": _NO_MORE_FILLS,
    "filled + never_had": _REMEMBERS,
    "cancelled + fill_some_left": _CLOSED_THERE,
    "cancelled + fill_none_left": _CLOSED_THERE,
    "failed + accepted": _NEVER_TAKEN,
    "failed + fill_some_left": _NEVER_TAKEN,
    "failed + fill_none_left": _NEVER_TAKEN,
    "failed + closed_by_exchange": _NEVER_TAKEN,
}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count what `account.apply` is asked to do."""
    pairs: Counter[str] = Counter()
    real = account.apply

    def apply(order: Order, event: Event, now_ms: int) -> account.Step | None:
        step = real(order, event, now_ms)
        if step is not None:
            pairs[f"{order.status} + {step.happening}"] += 1
        return step

    account.apply = apply
    try:
        yield pairs
    finally:
        account.apply = real
