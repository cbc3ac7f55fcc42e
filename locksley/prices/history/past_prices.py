"""What a symbol's price was at a moment: the close of the last bar that had ended by then, the finest that is kept.

Reads from the price history. Writes nothing by itself.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from locksley.domain.bar import Bar, Size
from locksley.domain.intervals import place_at, starts_ms
from locksley.prices.history.price_history import PriceHistory

BARS_MAX = 100_000
WANT_S_MAX = 2.0  # that somebody who asks for values waits for the exchange
_COARSER = {Size.SECOND: Size.MINUTE, Size.MINUTE: Size.HOUR, Size.HOUR: Size.DAY}


class BarPrices:
    def __init__(self, history: PriceHistory) -> None:
        self._history = history

    @property
    def now_ms(self) -> int:
        return self._history.now_ms

    @property
    def final_before_ms(self) -> int:
        """Of older hours the trades are not kept any more: one that comes late widens their bars, and leaves how they closed."""
        return self._history.seconds_since_ms

    async def want(self, symbols: Sequence[str], moments_ms: Sequence[int]) -> None:
        size = Size.DAY if moments_ms[0] >= self._history.since_ms else max(_coarsest(moments_ms), Size.MINUTE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WANT_S_MAX):
                for symbol in symbols:
                    if not await self._history.want_past(symbol, size):
                        return

    async def prices_at(self, symbol: str, moments_ms: Sequence[int]) -> list[int | None]:
        """The price (e4) as of each moment; `moments_ms` ascend. None: there was none yet."""
        size = _coarsest(moments_ms)
        if size is Size.SECOND:
            return [await self._price_at(symbol, at_ms) for at_ms in moments_ms]
        price_e4 = await self._price_at(symbol, moments_ms[0])
        first, last = place_at(size, moments_ms[0]), place_at(size, moments_ms[-1]) - 1
        bars, _whole = await self._history.bars(symbol, size, first, last, BARS_MAX) if first <= last else ([], True)
        return _swept(bars, [place_at(size, at_ms) for at_ms in moments_ms], price_e4)

    async def _price_at(self, symbol: str, at_ms: int) -> int | None:
        """Look in the seconds of the minute, then in the minutes of the hour, the hours of the day, and the days before."""
        for size, coarser in _COARSER.items():
            first = place_at(size, starts_ms(coarser, place_at(coarser, at_ms)))
            close_e4 = await self._last_close(symbol, size, first, place_at(size, at_ms) - 1)
            if close_e4 is not None:
                return close_e4
        return await self._last_close(symbol, Size.DAY, 0, place_at(Size.DAY, at_ms) - 1)

    async def _last_close(self, symbol: str, size: Size, first: int, last: int) -> int | None:
        if first > last:
            return None
        bars, _whole = await self._history.bars(symbol, size, first, last, 1)
        return next((bar.close_e4 for bar in reversed(bars) if bar.close_e4), None)


def _swept(bars: Sequence[Bar], places: Sequence[int], price_e4: int | None) -> list[int | None]:
    prices: list[int | None] = []
    following = 0
    for place in places:
        while following < len(bars) and bars[following].at < place:
            price_e4 = bars[following].close_e4 or price_e4
            following += 1
        prices.append(price_e4)
    return prices


def _coarsest(moments_ms: Sequence[int]) -> Size:
    """The largest bars that end at all of these moments."""
    for size in (Size.DAY, Size.HOUR, Size.MINUTE):
        if all(starts_ms(size, place_at(size, at_ms)) == at_ms for at_ms in moments_ms):
            return size
    return Size.SECOND
