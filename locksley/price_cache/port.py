"""The latest price of every symbol.

Promise: `put_many` is seen whole by every later read; a newer version is never replaced by an older one, whoever writes.
Prices handed out belong to the reader: the cache keeps its own.
"""

from collections.abc import Sequence
from typing import Protocol

from locksley.domain.price import Price


class PriceCache(Protocol):
    async def put_many(self, prices: Sequence[Price]) -> None: ...

    async def get_many(self, symbols: Sequence[str]) -> list[Price | None]:
        """In the order asked; None for a symbol that is not there."""
        ...

    async def all(self) -> list[Price]:
        """Every price, by symbol."""
        ...
