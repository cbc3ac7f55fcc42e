"""What the order flow asks of the market, answered from the price flow: structural, so that neither imports the other.

Reads from the price cache, the market's status and the feed's silence. Writes to nothing.
"""

from collections.abc import Callable

from locksley.domain.errors import ExchangeUnavailable
from locksley.domain.price import LastPrice
from locksley.price_cache.port import PriceCache
from locksley.prices.directory import Directory

RETRY_AFTER_MS = 1_000


class MarketView:
    def __init__(
        self, cache: PriceCache, directory: Directory, *, stale: Callable[[], bool], is_open: Callable[[], bool | None]
    ) -> None:
        self._cache = cache
        self._directory = directory
        self._stale = stale
        self._is_open = is_open

    @property
    def is_open(self) -> bool:
        """Until the exchange has said otherwise it decides by itself whether to take an order."""
        return self._is_open() is not False

    async def last_price(self, symbol: str) -> LastPrice | None:
        """None: no such symbol. Raises `ExchangeUnavailable` while nobody knows yet what is listed."""
        [price] = await self._cache.get_many([symbol])
        if price is not None:
            return LastPrice(price.price_cents, self._stale())
        if len(self._directory) == 0:
            raise ExchangeUnavailable(retryAfterMs=RETRY_AFTER_MS)
        return None
