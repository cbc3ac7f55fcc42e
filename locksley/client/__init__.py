"""Locksley for programs: prices, orders and accounts over the network, typed, for asyncio (`AsyncClient`) and without (`Client`).

Both are one source: `AsyncClient` does the work, `Client` runs it on an event loop of its own and waits. Retries are safe: what
could happen twice carries a key, or is not sent twice. Streams come back by themselves. It knows the broker only over the network.
"""

from locksley.client.async_client import AsyncClient
from locksley.client.errors import (
    AnswerNotUnderstood,
    BadRequest,
    BrokerFailed,
    Conflict,
    Forbidden,
    LocksleyError,
    NoAnswer,
    NotFound,
    NotSignedIn,
    Refused,
    TooMany,
    Unacceptable,
    Unavailable,
)
from locksley.client.events import FeedStatus, OrderUpdate, PriceUpdate, Reset
from locksley.client.intent import Intent, buy, sell
from locksley.client.retries import Retries
from locksley.client.shapes import (
    Account,
    Activity,
    Bar,
    Cancelled,
    Equity,
    FoundSymbol,
    MarketStatus,
    NewToken,
    Order,
    OrderEvent,
    Person,
    Placed,
    Position,
    Returns,
    Session,
    SignedIn,
    Symbol,
    Token,
)
from locksley.client.sync_client import Client

__all__ = [
    "Account",
    "Activity",
    "AnswerNotUnderstood",
    "AsyncClient",
    "BadRequest",
    "Bar",
    "BrokerFailed",
    "Cancelled",
    "Client",
    "Conflict",
    "Equity",
    "FeedStatus",
    "Forbidden",
    "FoundSymbol",
    "Intent",
    "LocksleyError",
    "MarketStatus",
    "NewToken",
    "NoAnswer",
    "NotFound",
    "NotSignedIn",
    "Order",
    "OrderEvent",
    "OrderUpdate",
    "Person",
    "Placed",
    "Position",
    "PriceUpdate",
    "Refused",
    "Reset",
    "Retries",
    "Returns",
    "Session",
    "SignedIn",
    "Symbol",
    "Token",
    "TooMany",
    "Unacceptable",
    "Unavailable",
    "buy",
    "sell",
]
