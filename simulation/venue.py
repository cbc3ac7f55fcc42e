"""The exchange of a simulated world: the real matching core and front, up or down, with or without its memory.

It keeps, over every incarnation, the truth that the broker's books are held against.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults
from paper_exchange.order import Order
from paper_exchange.order_entry import OrderEntry
from paper_exchange.stats import Stats
from paper_exchange.tape import Gone
from simulation.market import SimulatedMarket


class Executed(NamedTuple):
    """One side of a trade, as the exchange has it."""

    client_order_id: str
    price_e4: int
    num_shares: int


class Venue:
    def __init__(self, chance: random.Random, clock_ns: Callable[[], int]) -> None:
        self._chance = chance
        self._clock_ns = clock_ns
        self.faults = Faults()
        self.up = True
        self.incarnation = 0
        self.forgotten: list[Order] = []
        self._by_external_id: dict[str, Order] = {}
        self._indexed = 0
        self.market = SimulatedMarket(random.Random(chance.getrandbits(64)), clock_ns())
        self._begin(epoch=1)

    def _begin(self, epoch: int) -> None:
        self.incarnation += 1
        self._history_from = 1
        self.exchange = Exchange(
            self.market,
            self._clock_ns,
            prefix=f"X{self.incarnation}",
            epoch=epoch,
        )
        self.front = OrderEntry(self.exchange, Stats(), self.faults)
        self.market.quote_again(self._clock_ns())

    def advance(self) -> None:
        """Let the market go on to now."""
        if self.up:
            self.exchange.advance(self._clock_ns(), 1_000)

    def advance_unseen(self) -> None:
        """The market went on while nobody could reach it."""
        self.exchange.advance(self._clock_ns(), 1_000)

    def forget_history(self) -> None:
        """Of the feed: what has traded until now is not told any more."""
        self._history_from = self.exchange.tape.last_number + 1

    def gone(self, epoch: int, after: int) -> Gone | None:
        """What to say when somebody wants to read on from `after`, if that is too far back."""
        tape = self.exchange.tape
        if epoch != tape.epoch:
            return None
        base, _end = tape.span(epoch)
        return Gone(epoch, self._history_from - base) if base + after + 1 < self._history_from else None

    def lose_memory(self) -> None:
        """Come back without orders or history, in a new epoch."""
        self.forgotten += self.exchange.orders.all
        self._begin(self.exchange.epoch + 1)

    def all_orders(self) -> Sequence[Order]:
        """Every order that was ever taken, the forgotten ones first."""
        return [*self.forgotten, *self.exchange.orders.all]

    @property
    def orders_taken(self) -> int:
        return len(self.forgotten) + len(self.exchange.orders.all)

    def execution(self, trade_id: str, external_order_id: str) -> Executed | None:
        """One of `executions`."""
        if self._indexed < self.orders_taken:
            self._by_external_id.update(
                (order.external_order_id, order) for order in self.all_orders()[self._indexed :]
            )
            self._indexed = self.orders_taken
        order = self._by_external_id.get(external_order_id)
        if order is None:
            return None
        return next(
            (
                Executed(order.client_order_id, execution.price_e4, execution.num_shares)
                for execution in order.executions
                if execution.trade_id == trade_id
            ),
            None,
        )

    def executions(self) -> dict[tuple[str, str], Executed]:
        """(tradeId, externalOrderId) -> what was executed, of every order ever."""
        return {
            (execution.trade_id, order.external_order_id): Executed(
                order.client_order_id, execution.price_e4, execution.num_shares
            )
            for order in self.all_orders()
            for execution in order.executions
        }
