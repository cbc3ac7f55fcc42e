"""What a person had at a moment: cash, shares and what they cost, as entries move them. Pure.

Cost is by average: a sale takes its part of what all shares of the symbol cost. What a sale brought above that is realised gain.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from locksley.domain.account import Position


class Entry(NamedTuple):
    """A transfer, or (with a symbol) a fill: `shares` is negative for a sale, `cash_cents` for a purchase. `at_ms` is the market's time."""

    at_ms: int
    cash_cents: int
    symbol: str = ""
    shares: int = 0


class Ledger(msgspec.Struct):
    """As of a moment. `transferred_cents` came in all, less what went; `realised_cents` is by symbol."""

    cash_cents: int = 0
    transferred_cents: int = 0
    positions: dict[str, Position] = {}
    realised_cents: dict[str, int] = {}

    def take(self, entry: Entry) -> None:
        self.cash_cents += entry.cash_cents
        if not entry.symbol:
            self.transferred_cents += entry.cash_cents
        elif entry.shares > 0:
            self.positions[entry.symbol] = self._position(entry.symbol).bought(entry.shares, -entry.cash_cents)
        else:
            self._sell(entry)

    def held(self) -> list[Position]:
        return [position for position in self.positions.values() if position.shares]

    def _sell(self, entry: Entry) -> None:
        before = self._position(entry.symbol)
        after = self.positions[entry.symbol] = before.sold(-entry.shares)
        gain_cents = entry.cash_cents - (before.cost_cents - after.cost_cents)
        self.realised_cents[entry.symbol] = self.realised_cents.get(entry.symbol, 0) + gain_cents

    def _position(self, symbol: str) -> Position:
        return self.positions.get(symbol) or Position(user_id="", symbol=symbol)


class Walk:
    """Goes through entries, in time order, moment by moment."""

    def __init__(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        self.ledger = ledger
        self._entries = entries
        self._next = 0

    def to(self, at_ms: int) -> Ledger:
        """What was there as `at_ms` began: with all that happened before it."""
        while self._next < len(self._entries) and self._entries[self._next].at_ms < at_ms:
            self.ledger.take(self._entries[self._next])
            self._next += 1
        return self.ledger


def in_time(entries: Iterable[Entry]) -> list[Entry]:
    """Of one moment, transfers come first: one cannot buy before there is cash. Otherwise as they were booked."""
    return sorted(entries, key=lambda entry: (entry.at_ms, bool(entry.symbol)))
