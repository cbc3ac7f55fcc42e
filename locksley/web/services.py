"""What the routes call: one of each service, put together in `serving.py`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry

from locksley.clock import Clock
from locksley.config import Config
from locksley.orders.service import OrderService
from locksley.orders.updates import OrderUpdates
from locksley.people.accounts import Accounts
from locksley.people.callers import Callers
from locksley.people.program_tokens import ProgramTokens
from locksley.people.sessions import Sessions
from locksley.portfolio.activity import ActivityLog
from locksley.portfolio.holdings import Holdings
from locksley.portfolio.value_over_time import ValueOverTime
from locksley.price_cache.port import PriceCache
from locksley.prices.directory import Directory
from locksley.prices.history.price_history import PriceHistory
from locksley.prices.market_status import MarketStatusWatch
from locksley.prices.symbol_service import SymbolService
from locksley.watchlists.port import WatchlistDb
from locksley.web.limits import Addresses, Placing, SignUps
from locksley.web.sse import OpenStreams

if TYPE_CHECKING:
    from locksley.web.operator import Desk


class Services(NamedTuple):
    """`not_ready` names what the broker still lacks; nothing: it is ready."""

    config: Config
    clock: Clock
    new_id: Callable[[], str]
    accounts: Accounts
    sessions: Sessions
    tokens: ProgramTokens
    callers: Callers
    orders: OrderService
    order_updates: OrderUpdates
    placing: Placing
    addresses: Addresses
    sign_ups: SignUps
    symbols: SymbolService
    prices: PriceCache
    directory: Directory
    market: MarketStatusWatch
    history: PriceHistory
    holdings: Holdings
    values: ValueOverTime
    activity: ActivityLog
    watchlists: WatchlistDb
    streams: OpenStreams
    registry: CollectorRegistry
    desk: "Desk"
    not_ready: Callable[[], Sequence[str]]
