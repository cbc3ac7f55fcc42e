"""An order as the exchange holds it, and the executions that it has had."""

from typing import Literal

import msgspec

Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
State = Literal["open", "filled", "cancelled", "unknown"]


class Execution(msgspec.Struct, frozen=True, gc=False):
    """One fill of one order, under the epoch and sequence that its trade had when it happened. `at_ns` is market time."""

    trade_id: str
    epoch: int
    sequence: int
    price_e4: int
    num_shares: int
    at_ns: int


class Order(msgspec.Struct):
    """`number` counts orders from 1 and is their time priority; `created_ns` and `changed_ns` are the exchange's clock."""

    number: int
    client_order_id: str
    external_order_id: str
    symbol: str
    side: Side
    type: OrderType
    price_e4: int
    num_shares: int
    created_ns: int
    changed_ns: int
    state: State = "open"
    filled_shares: int = 0
    executions: list[Execution] = []
    last_change: int = -1

    @property
    def left_shares(self) -> int:
        return self.num_shares - self.filled_shares

    def fill(self, execution: Execution) -> None:
        if self.state != "open" or execution.num_shares > self.left_shares:
            raise AssertionError(f"order {self.external_order_id} is {self.state} and cannot take {execution}")
        self.executions.append(execution)
        self.filled_shares += execution.num_shares
        if self.filled_shares == self.num_shares:
            self.state = "filled"

    def same_content(self, symbol: str, side: Side, type_: OrderType, price_e4: int, num_shares: int) -> bool:
        mine = (self.symbol, self.side, self.type, self.price_e4, self.num_shares)
        return mine == (symbol, side, type_, price_e4, num_shares)
