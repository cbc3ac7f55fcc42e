"""Where bars are kept.

Promise: what one call keeps is kept whole or not at all, together with the position in the feed up to which all trades are in it; a
process that is killed finds what the last finished call kept. A machine that dies may lose the newest calls, and the position with them:
the exchange's history gives those trades back. Trades come fresh; `settle` works them into bars of the sizes that are asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from locksley.domain.bar import Bar, Size
from locksley.domain.price import Version
from locksley.domain.ticks import Ticks

SymbolTicks = tuple[str, bytes | bytearray]


class Kept(NamedTuple):
    """How far the bars go: every trade up to `position` is in them, the newest at `newest_ms` of the market's time, and none is from before
    `since_ms`, when keeping began. `number` counts the calls of `keep`."""

    position: Version
    newest_ms: int
    since_ms: int
    number: int


class Gap(NamedTuple):
    """Trades that can not be had any more: bars around `at_ms` of the market's time lack them."""

    first: Version
    last: Version
    at_ms: int


class Found(NamedTuple):
    """`bars` of the size asked for, in time order. `whole` is False where there are older bars than `bars_max` let through."""

    bars: list[Bar]
    whole: bool


Newest = Callable[[int], Ticks]  # the trades after those of the `keep` of a number


class Split(NamedTuple):
    """From `day` on there are `new_shares` for every `old_shares`."""

    symbol: str
    day: int
    new_shares: int
    old_shares: int


class BarStore(Protocol):
    async def kept(self) -> Kept | None:
        """None: nothing was ever kept."""
        ...

    async def keep(self, ticks: Iterable[SymbolTicks], kept: Kept, gaps: Sequence[Gap] = ()) -> None:
        """Add trades, by symbol, as `ticks.from_packed` takes them; all newer than those of the calls before.

        Raises `StorageUnavailable`: nothing was kept.
        """
        ...

    async def settle(self, before_ms: int, symbols_max: int) -> int:
        """Work what is fresh and from before the hour of `before_ms` into minutes, hours and days. For how many symbols it did,
        `symbols_max` at most. What is past its time is let go."""
        ...

    async def find(self, symbol: str, size: Size, first: int, last: int, bars_max: int, newest: Newest) -> Found:
        """The newest bars with `first <= at <= last`, about `bars_max` of them, and more than one span's, as they will be once all trades
        are settled: those that are kept and the `newest` of the symbol, which is called once, at once."""
        ...

    async def back_history(self, symbol: str, size: Size) -> bool:
        """Whether `keep_back_history` was called for it."""
        ...

    async def keep_back_history(self, symbol: str, size: Size, bars: Mapping[Size, Sequence[Bar]]) -> None:
        """Bars of before keeping began, from the exchange, all of them or none: they go under what is there, and only the one
        in which keeping began is of both.

        Called once for a symbol and size; the bars may be of other sizes too.
        """
        ...

    async def put(self, symbol: str, size: Size, bars: Sequence[Bar]) -> None:
        """Bars from elsewhere; they take the places of those that are there."""
        ...

    async def splits(self, symbol: str) -> list[Split]:
        """By day."""
        ...

    async def keep_splits(self, splits: Sequence[Split]) -> None: ...

    async def gaps(self) -> list[Gap]:
        """The oldest first."""
        ...
