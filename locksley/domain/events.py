"""What happens to an order, as facts. `account.apply` turns them into a new order and moved money."""

import msgspec


class Execution(msgspec.Struct, frozen=True, gc=False):
    """One side of a trade that filled an order. (`trade_id`, the order's external id) is applied once, whoever tells of it."""

    trade_id: str
    epoch: int
    sequence: int
    price_e4: int
    num_shares: int
    timestamp_ms: int


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The exchange has the order. `open_there`: whether the same answer says that it is still open there."""

    external_order_id: str
    open_there: bool = True


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The exchange said no, for good."""

    reason: str


class NeverHad(msgspec.Struct, frozen=True, gc=False):
    """The exchange does not know the order, and its clock is past the order's `not_after_ms`: it never will."""


class Filled(msgspec.Struct, frozen=True, gc=False):
    """An execution of this order."""

    execution: Execution
    external_order_id: str


class CancelAsked(msgspec.Struct, frozen=True, gc=False):
    """The person wants the order cancelled."""


class ClosedByExchange(msgspec.Struct, frozen=True, gc=False):
    """The order will never fill again at the exchange, where `filled_shares` were filled in all."""

    filled_shares: int
    reason: str | None = None


Event = Accepted | Refused | NeverHad | Filled | CancelAsked | ClosedByExchange
