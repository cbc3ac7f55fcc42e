"""What traded before the feed tells of it: asked from the exchange's history, a page at a time.

Reads from the exchange. Keeps nothing but how often in a row an answer lacked what was asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple

import structlog

from locksley.domain.price import Trade, Version
from locksley.exchange.port import HISTORY_WITHOUT_MAX, ExchangeError, HistoryGone, MarketData

log = structlog.get_logger()

TRADES_MAX = 10_000  # of one answer
EPOCHS_MAX = 100  # asked for one by one


class Lost(NamedTuple):
    """Nothing up to `last` can be had any more."""

    last: Version


class NewEpoch(NamedTuple):
    """The exchange has begun anew, and has nothing more of the epoch before."""

    epoch: int


class PastTrades:
    def __init__(self, market_data: MarketData) -> None:
        self._market_data = market_data
        self._asked_after = Version(0, 0)
        self._without = 0

    async def after(self, position: Version, until: Version) -> Sequence[Trade] | Lost | NewEpoch | None:
        """Trades after `position` and before `until`, the first of them next to it; None: ask again later."""
        if position != self._asked_after:
            self._asked_after, self._without = position, 0
        is_epoch_over = position.epoch < until.epoch
        most = position.sequence + TRADES_MAX
        try:
            trades = await self._market_data.trades(
                position.epoch, position.sequence, most if is_epoch_over else min(until.sequence - 1, most)
            )
        except HistoryGone as gone:
            return Lost(Version(until.epoch, 0) if is_epoch_over else Version(gone.epoch, gone.oldest_sequence - 1))
        except ExchangeError as error:
            log.warning("bars_wait_for_history", error=str(error), position=position)
            return None
        if trades and trades[0].sequence == position.sequence + 1:
            return trades
        return self._next_epoch(position.epoch, until.epoch) if is_epoch_over else self._lacking(trades, until)

    def _next_epoch(self, epoch: int, until: int) -> NewEpoch:
        """One may have begun and ended while nobody listened; so that epochs which are no count do not ask for ever, not too many."""
        return NewEpoch(epoch + 1 if until - epoch <= EPOCHS_MAX else until)

    def _lacking(self, trades: Sequence[Trade], until: Version) -> Lost | None:
        """An answer that does not go on from the position, too often in a row, gives up what it lacks."""
        self._without += 1
        if self._without < HISTORY_WITHOUT_MAX:
            return None
        self._without = 0
        known = trades[0].version if trades else until
        return Lost(Version(known.epoch, known.sequence - 1))
