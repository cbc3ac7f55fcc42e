"""Which pairs of the state table occur: every step of an order is counted, also those that change nothing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from locksley.domain import account
from locksley.domain.events import Event
from locksley.domain.order import TABLE, Order

ALL_PAIRS = [f"{status} + {happening}" for status, happening in TABLE]

# Why a pair cannot occur while the exchange keeps to its contract.
IMPOSSIBLE: dict[str, str] = {}


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
