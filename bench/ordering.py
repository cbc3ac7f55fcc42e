"""A load of orders from another process, and the count afterwards: each order is where it should be, at the broker and the exchange."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from bench.figures import Latency, latency, quantile
from bench.processes import Child, Failed, child, program
from bench.programs.order_load import Outcome, Task
from bench.spine import Spine, get_page

SETTLE_S_MAX = 60.0
LOOK_EVERY_S = 0.5  # the broker is to settle orders meanwhile, not to list them
UNSETTLED = {"pending", "pending_cancel"}
PAGE_ORDERS = 100
STRETCH_S = 10.0


class Ordered(NamedTuple):
    """Of one run. `stretches`: each ten seconds by themselves: what comes once a minute shows there. `late_to_send_p99_ms`: how long
    after its instant an order left, for want of a connection or of the load's own time."""

    latency: Latency
    stretches: list[Latency]
    late_to_send_p99_ms: float
    wanted_per_second: float
    answered_per_second: float
    answers: dict[str, int]
    refusals: dict[str, int]
    order_ids: list[str]

    @property
    def errors(self) -> int:
        return sum(count for answer, count in self.answers.items() if answer != "201")


class OrderLoad:
    """`begin` it, then hear the `end`."""

    def __init__(self, process: Child, orders_per_second: float) -> None:
        self.process = process
        self._orders_per_second = orders_per_second

    def begin(self) -> None:
        self.process.tell("begin")

    def end(self) -> Ordered:
        outcome = msgspec.json.decode(self.process.hear(), type=Outcome)
        self.process.finish()
        return Ordered(
            latency(outcome.took_ms),
            _stretches(outcome),
            quantile(sorted(outcome.late_to_send_ms), 0.99),
            self._orders_per_second,
            len(outcome.took_ms) / outcome.seconds,
            outcome.answers,
            outcome.refusals,
            outcome.order_ids,
        )


def _stretches(outcome: Outcome) -> list[Latency]:
    took_ms: dict[int, list[float]] = {}
    for meant_for_s, one_ms in zip(outcome.meant_for_s, outcome.took_ms, strict=True):
        took_ms.setdefault(int(meant_for_s // STRETCH_S), []).append(one_ms)
    return [latency(took_ms[number]) for number in sorted(took_ms)]


@contextmanager
def order_load(on: Spine, orders_per_second: float, seconds: float, connections: int) -> Iterator[OrderLoad]:
    with child(*program("order_load")) as process:
        task = Task(on.port, on.tokens, on.symbols, orders_per_second, seconds, connections)
        process.tell(msgspec.json.encode(task).decode())
        process.hear()
        yield OrderLoad(process, orders_per_second)


class Accounts(NamedTuple):
    """Where the orders are. `lost`, `extra` and `different` (from the exchange's record) have to be 0."""

    answered: int
    by_status: dict[str, int]
    lost: int
    extra: int
    different: int

    @property
    def wrong(self) -> int:
        return self.lost + self.extra + self.different


def account_for(on: Spine, answered: set[str], began_at: str) -> Accounts:
    """Compare what people were told, what the broker has, and what the exchange has. Raises `Failed` when the broker does not settle."""
    broker = _settled(on)
    exchange = _at_exchange(on, began_at)
    accepted = {order_id: order for order_id, order in broker.items() if order["externalOrderId"] is not None}
    different = set(accepted) ^ set(exchange)
    different |= {
        order_id
        for order_id in set(accepted) & set(exchange)
        if accepted[order_id]["filledShares"] != exchange[order_id]["filledShares"]
    }
    statuses = Counter(order["status"] for order in broker.values())
    return Accounts(
        len(answered), dict(statuses), len(answered - set(broker)), len(set(broker) - answered), len(different)
    )


def _settled(on: Spine) -> dict[str, Any]:
    deadline_s = time.monotonic() + SETTLE_S_MAX
    while time.monotonic() < deadline_s:
        if not any(_page(on, token, f"status={status}&limit=1") for token in on.tokens for status in UNSETTLED):
            return {order["orderId"]: order for token in on.tokens for order in _all_of(on, token)}
        time.sleep(LOOK_EVERY_S)
    raise Failed(f"orders are still pending after {SETTLE_S_MAX:.0f} s")


def _all_of(on: Spine, token: str) -> Iterator[dict[str, Any]]:
    path: str | None = f"/orders?limit={PAGE_ORDERS}"
    while path:
        page, path = get_page(f"http://127.0.0.1:{on.port}", path, token)
        yield from page


def _page(on: Spine, token: str, query: str) -> list[Any]:
    return get_page(f"http://127.0.0.1:{on.port}", f"/orders?{query}", token)[0]


def _at_exchange(on: Spine, began_at: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    query = {"from": began_at, "to": on.ask("/status")["now"]}
    while True:
        page = on.ask(f"/orders?{urlencode(query)}")
        found |= {item["clientOrderId"]: item for item in page["items"]}
        if page.get("next") is None:
            return found
        query["cursor"] = page["next"]
