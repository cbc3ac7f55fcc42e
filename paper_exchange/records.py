"""What the exchange tells its journal: everything about orders, in the order in which it happened. Trades go by the tape."""

import msgspec

from paper_exchange.order import OrderType, Side


class Born(msgspec.Struct, tag="b", array_like=True, frozen=True, gc=False):
    """The first record. Ids of this exchange begin with `prefix`, which no other run has; its market began at `market_at_ns`."""

    prefix: str
    market_at_ns: int = 0


class Symbols(msgspec.Struct, tag="s", array_like=True, frozen=True):
    """Symbols that the tape numbers from `first_index` on."""

    first_index: int
    symbols: list[str]


class EpochBegun(msgspec.Struct, tag="e", array_like=True, frozen=True, gc=False):
    epoch: int
    base: int


class Placed(msgspec.Struct, tag="p", array_like=True, frozen=True, gc=False):
    number: int
    client_order_id: str
    symbol: str
    side: Side
    order_type: OrderType
    price_e4: int
    num_shares: int
    at_ns: int


class Executed(msgspec.Struct, tag="x", array_like=True, frozen=True, gc=False):
    """A trade with a customer in it. `buyer` and `seller` are order numbers, 0 for a stranger; `at_ns` is market time."""

    trade_number: int
    buyer: int
    seller: int
    price_e4: int
    num_shares: int
    at_ns: int
    changed_ns: int


class Cancelled(msgspec.Struct, tag="c", array_like=True, frozen=True, gc=False):
    number: int
    at_ns: int


Record = Born | Symbols | EpochBegun | Placed | Executed | Cancelled
