"""Latest prices in this process's memory: for the embedded mode, where one process writes and reads them."""

from collections.abc import Sequence

from locksley.domain.price import Price


class MemoryPriceCache:
    """`PriceCache`. Holds one price a symbol; empty at every start."""

    def __init__(self) -> None:
        self._prices: dict[str, Price] = {}

    async def put_many(self, prices: Sequence[Price]) -> None:
        for price in prices:
            known = self._prices.get(price.symbol)
            if known is None or price.version >= known.version:
                self._prices[price.symbol] = price

    async def get_many(self, symbols: Sequence[str]) -> list[Price | None]:
        return [self._prices.get(symbol) for symbol in symbols]

    async def all(self) -> list[Price]:
        return [self._prices[symbol] for symbol in sorted(self._prices)]
