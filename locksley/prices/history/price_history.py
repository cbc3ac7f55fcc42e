"""Prices over time, as people ask for them: a range of the market's days, in bars of an interval.

Reads from the bar store, from the newest seconds of the bar keeper, and from the exchange's back-history. Writes nothing by itself.
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from locksley.bar_store.port import BarStore
from locksley.config import Config
from locksley.domain.bar import Bar, Size, folded
from locksley.domain.intervals import INTERVALS, Interval, first_day, place_at, starts_ms
from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.prices.history.back_history import BackHistory
from locksley.prices.history.keeper import BarKeeper
from locksley.prices.history.splits import adjusted

DAY_MS = 24 * HOUR_MS

_OPEN_E4 = attrgetter("open_e4")


class Asked(NamedTuple):
    """`before_ms`: only what is older, for the next page."""

    symbol: str
    range: str
    interval: str
    adjusted: bool = False
    before_ms: int | None = None


class Timed(NamedTuple):
    """A bar and when its interval begins."""

    at_ms: int
    bar: Bar


class Shown(NamedTuple):
    """In time order. `next_before_ms`: where what is older begins; None: that is all."""

    bars: Sequence[Timed]
    next_before_ms: int | None


class PriceHistory:
    """`market_now_ms` is the market's clock: what time it is where nothing has traded yet."""

    def __init__(
        self,
        store: BarStore,
        keeper: BarKeeper,
        back_history: BackHistory,
        market_now_ms: Callable[[], int],
        config: Config,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._back_history = back_history
        self._market_now_ms = market_now_ms
        self._answer_max = config.bars_per_answer_max
        self._read_max = config.bars_read_per_answer_max
        self._seconds_kept_ms = config.bars_seconds_kept_days * DAY_MS

    @property
    def now_ms(self) -> int:
        """The market's time as far as trades tell it."""
        return self._keeper.newest_ms or self._market_now_ms()

    async def show(self, asked: Asked, listed: bool) -> Shown:
        """`listed`: whether the symbol trades on the exchange, which is then asked for what was before."""
        interval = INTERVALS[asked.interval]
        if listed:
            await self.want_past(asked.symbol, interval.size)
        first, last = self._edges(asked, interval)
        bars_max = min(self._read_max, (self._answer_max + 1) * interval.parts)
        kept, whole = await self.bars(asked.symbol, interval.size, first, last, bars_max)
        return self._page(await self._as_asked(asked, interval, kept), interval, whole)

    @property
    def since_ms(self) -> int:
        """The market's time when keeping began; 0 while nothing has traded."""
        return self._keeper.since_ms

    @property
    def seconds_since_ms(self) -> int:
        """From when on trades are kept, of a symbol that trades now."""
        return self.now_ms - self._seconds_kept_ms

    async def want_past(self, symbol: str, size: Size) -> bool:
        """Ask the exchange for what was before keeping began, if that was not done. False: it is not known yet."""
        return await self._keeper.knows_since() and await self._back_history.want(
            symbol, size, self._keeper.since_ms or self.now_ms
        )

    async def has(self, symbol: str) -> bool:
        """Whether there is any bar of it, of any time: of one from a file perhaps, that does not trade on the exchange."""
        days, _ = await self.bars(symbol, Size.DAY, 0, market_day(self.now_ms), 1)
        return bool(days)

    async def bars(self, symbol: str, size: Size, first: int, last: int, bars_max: int) -> tuple[list[Bar], bool]:
        """The newest bars with `first <= at <= last`, up to this moment; and whether these are all."""
        newest = partial(self._keeper.open_ticks, symbol)
        found = await self._store.find(symbol, size, first, last, bars_max, newest)
        return found.bars, found.whole

    def _edges(self, asked: Asked, interval: Interval) -> tuple[int, int]:
        """The first and the last bar that are asked for; an interval that the range begins within is whole."""
        today = market_day(self.now_ms)
        first_ms = day_starts_ms(first_day(asked.range, today))
        end_ms = day_starts_ms(today + 1)
        # A cursor may be forged, and name a moment that no calendar has.
        before_ms = end_ms if asked.before_ms is None else max(first_ms, min(asked.before_ms, end_ms))
        return interval.place_of(place_at(interval.size, first_ms)), place_at(interval.size, before_ms - 1)

    async def _as_asked(self, asked: Asked, interval: Interval, kept: list[Bar]) -> list[Bar]:
        """Adjusted for splits if that is wanted, as bars of the interval, every one with a price."""
        size, splits = interval.size, await self._store.splits(asked.symbol) if asked.adjusted else []
        # A split falls within a week: days are adjusted. A minute without a price is none of what its five minutes are made of.
        bars = adjusted(kept, splits, lambda at: market_day(starts_ms(size, at))) if splits else kept
        bars = bars if interval.parts == 1 else folded(bars, interval.place_of)
        if all(map(_OPEN_E4, bars)):
            return bars
        before = None if bars[0].open_e4 else await self._last_priced(asked.symbol, size, kept[0].at)
        if before is not None:
            [before] = adjusted([before], splits, lambda day: day)
        return _priced(bars, before.close_e4 if before else 0)

    async def _last_priced(self, symbol: str, size: Size, at: int) -> Bar | None:
        """The day, as a bar, that had a price before a bar, the same day as far as it goes."""
        day = place_at(Size.DAY, starts_ms(size, at))
        if size is not Size.DAY:
            same_day, _ = await self.bars(symbol, size, place_at(size, day_starts_ms(day)), at - 1, self._read_max)
            if (bar := _newest_priced(same_day)) is not None:
                return bar._replace(at=day)
        days, _ = await self.bars(symbol, Size.DAY, 0, day - 1, 1)
        return _newest_priced(days)

    def _page(self, bars: Sequence[Bar], interval: Interval, whole: bool) -> Shown:
        # Of the oldest bar a part may not have been read.
        bars = bars if whole or interval.parts == 1 else bars[1:]
        shown = bars[-self._answer_max :]
        timed = [Timed(starts_ms(interval.size, bar.at), bar) for bar in shown]
        is_all = whole and len(shown) == len(bars)
        return Shown(timed, None if is_all or not timed else timed[0].at_ms)


def _newest_priced(bars: Sequence[Bar]) -> Bar | None:
    return next((bar for bar in reversed(bars) if bar.open_e4), None)


def _priced(bars: Sequence[Bar], close_e4: int) -> list[Bar]:
    """Where there was volume but no price, the close before stands; what comes before the first price is left out."""
    priced = []
    for bar in bars:
        close_e4 = bar.close_e4 or close_e4
        if close_e4:
            priced.append(bar if bar.open_e4 else Bar(bar.at, close_e4, close_e4, close_e4, close_e4, bar.volume))
    return priced
