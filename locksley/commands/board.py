"""What a live table shows: each symbol's newest price, its change, and its age. No I/O, no clock: times are given."""

from collections.abc import Iterable
from datetime import UTC, datetime

from locksley.client import FeedStatus, PriceUpdate, Symbol
from locksley.commands.formats import age, change, dollars, percent, shares
from locksley.commands.tables import Cell, Column, Row, good_or_bad

FRESH_S_MAX = 1.0

COLUMNS = (
    Column("symbol", is_number=False),
    Column("name", 4, is_number=False, can_shorten=True),
    Column("price"),
    Column("change", 3),
    Column("%", 1),
    Column("volume", 5),
    Column("age", 2),
)


class Line:
    """One symbol. `at_s`: when its price came, by the clock of who shows it."""

    def __init__(self, symbol: Symbol, at_s: float) -> None:
        self.symbol = symbol.symbol
        self.name = symbol.name
        self.price_in_cents = symbol.price_in_cents
        self.close_in_cents = symbol.previous_close_in_cents
        self.volume = symbol.day_volume
        self.at_s = at_s
        self.moved = 0

    def take(self, update: PriceUpdate, at_s: float) -> None:
        self.moved = update.price_in_cents - self.price_in_cents
        self.price_in_cents = update.price_in_cents
        self.volume = update.day_volume
        self.at_s = at_s

    def row(self, now_s: float, is_stale: bool) -> Row:
        change_in_cents = self.price_in_cents - self.close_in_cents
        style = good_or_bad(change_in_cents)
        age_s = now_s - self.at_s
        fresh = good_or_bad(self.moved) if age_s <= FRESH_S_MAX else ""
        return [
            Cell(self.symbol, "bold"),
            self.name,
            Cell(dollars(self.price_in_cents), f"{fresh} bold".strip() if fresh else ""),
            Cell(change(change_in_cents), style),
            Cell(percent(change_in_cents, self.close_in_cents), style),
            shares(self.volume),
            Cell(f"stale {age(age_s)}", "yellow") if is_stale else age(age_s),
        ]


class Board:
    """`now_s` is monotonic; `now` the wall clock at that moment, by which the first ages are told."""

    def __init__(self, symbols: Iterable[Symbol], now_s: float, now: datetime | None = None) -> None:
        moment = now or datetime.now(UTC)
        found = list(symbols)
        self.is_stale = any(symbol.stale for symbol in found)
        self.lines = {
            symbol.symbol: Line(symbol, now_s - max(0.0, (moment - symbol.updated_at).total_seconds()))
            for symbol in found
        }
        self._versions = {symbol.symbol: (symbol.epoch, symbol.sequence) for symbol in found}

    def take(self, event: PriceUpdate | FeedStatus, at_s: float) -> None:
        if isinstance(event, FeedStatus):
            self.is_stale = event.stale
            return
        version = (event.epoch, event.sequence)
        if event.symbol in self.lines and version > self._versions[event.symbol]:
            self._versions[event.symbol] = version
            self.lines[event.symbol].take(event, at_s)
        elif event.symbol in self.lines:
            self.lines[event.symbol].volume = max(event.day_volume, self.lines[event.symbol].volume)

    def rows(self, now_s: float, connected: bool) -> list[Row]:
        return [line.row(now_s, self.is_stale or not connected) for line in self.lines.values()]
