"""What the order flow needs to know of the market; the price flow provides it, wired in `app.py`."""

from typing import Protocol

from locksley.domain.price import LastPrice


class Market(Protocol):
    @property
    def is_open(self) -> bool: ...

    async def last_price(self, symbol: str) -> LastPrice | None:
        """None: no such symbol trades."""
        ...
