"""An exchange's feed and history by hand: the test says what comes on the line, and when it breaks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from locksley.domain.bar import Bar, Size
from locksley.domain.price import Trade
from locksley.exchange.port import (
    AsOf,
    FeedLine,
    FeedStart,
    HistoryGone,
    MarketStatus,
    OutcomeUnknown,
    SymbolDays,
    Unreachable,
)

DEADLINE_S = 10


def trade(sequence: int, *, epoch: int = 1, symbol: str = "META") -> Trade:
    return Trade(epoch, sequence, f"T{epoch}-{sequence}", symbol, 10_000, 100, 1_700_000_000_000, 1_700_000_000_000)


class FakeExchange:
    """`Feed` and `MarketData`. `opened` are the positions asked for, `asked` the stretches of history; `read_lines` were taken.

    `forgotten`: it begins where it is itself, as one does that has lost what it told.
    """

    def __init__(self, *, epoch: int = 1, sequence: int = 0) -> None:
        self.epoch = epoch
        self.sequence = sequence
        self.oldest_sequence = 1
        self.forgotten = False
        self.lost_from_history: set[int] = set()
        self.opened: list[tuple[int, int]] = []
        self.asked: list[tuple[int, int, int]] = []
        self.read_lines = 0
        self.refusals = 0
        self.history_failures = 0
        self.history_free = asyncio.Event()
        self.history_free.set()
        self._lines: asyncio.Queue[FeedLine | None] = asyncio.Queue()
        self._changed = asyncio.Condition()

    # What the test does

    def line(self, *sequences: int) -> None:
        self.sequence = max(self.sequence, *sequences)
        self._lines.put_nowait(FeedLine(self.epoch, [trade(sequence, epoch=self.epoch) for sequence in sequences]))

    def heartbeat(self) -> None:
        self._lines.put_nowait(FeedLine(self.epoch, ()))

    def hang_up(self) -> None:
        self._lines.put_nowait(None)

    def begin_epoch(self, epoch: int) -> None:
        self.epoch, self.sequence = epoch, 0

    async def opens(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.opened) >= count)

    # What the feed reader sees

    @asynccontextmanager
    async def open(self, epoch: int, after: int) -> AsyncIterator[tuple[FeedStart, AsyncIterator[FeedLine]]]:
        self.opened.append((epoch, after))
        async with self._changed:
            self._changed.notify_all()
        if self.refusals:
            self.refusals -= 1
            raise Unreachable("refused on purpose")
        after = after if epoch == self.epoch else 0
        if after + 1 < self.oldest_sequence:
            raise HistoryGone(self.oldest_sequence, self.epoch)
        after = min(after, self.sequence) if self.forgotten else after
        yield FeedStart(self.epoch, after + 1), self._read()

    async def _read(self) -> AsyncIterator[FeedLine]:
        while (line := await self._lines.get()) is not None:
            self.read_lines += 1
            yield line
        raise OutcomeUnknown("hung up on purpose")

    async def trades(self, epoch: int, after: int, until: int) -> Sequence[Trade]:
        self.asked.append((epoch, after, until))
        answer = self._history(epoch, after, until)
        await self.history_free.wait()
        if self.history_failures:
            self.history_failures -= 1
            raise OutcomeUnknown("failed on purpose")
        if isinstance(answer, HistoryGone):
            raise answer
        return answer

    def _history(self, epoch: int, after: int, until: int) -> list[Trade] | HistoryGone:
        if epoch != self.epoch or after + 1 < self.oldest_sequence:
            return HistoryGone(self.oldest_sequence, self.epoch)
        found = range(after + 1, min(until, self.sequence) + 1)
        return [trade(sequence, epoch=epoch) for sequence in found if sequence not in self.lost_from_history]

    async def status(self) -> MarketStatus:
        return MarketStatus(True, None, None, 0, AsOf(self.epoch, self.sequence, 0))

    async def bars(self, symbol: str, from_ms: int, to_ms: int, size: Size) -> Sequence[Bar]:
        return []

    async def symbols(self, cursor: str | None = None) -> SymbolDays:
        return SymbolDays(AsOf(self.epoch, self.sequence, 0), [])
