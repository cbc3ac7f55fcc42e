"""What a person's portfolio was worth at any past moment: from transfers, fills and prices, in the market's time.

Reads from the order database, from past prices and, for this moment, from the price cache. Writes what was there at each day's end to the
order database, to start from the next time. That is a copy of what can be worked out: if it dies halfway, the next who asks works it out.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from locksley.domain.market_day import HOUR_MS, day_starts_ms, market_day
from locksley.domain.money import shown_price_cents
from locksley.portfolio.ledger import Entry, Ledger, Walk, in_time
from locksley.portfolio.port import DayEnd, PastPrices, PortfolioDb, Transfer
from locksley.price_cache.port import PriceCache

DAY_FINAL_AFTER_MS = HOUR_MS  # so long after its end a day may still get trades

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Ledger).decode


class Value(NamedTuple):
    at_ms: int
    equity_cents: int
    cash_cents: int

    @property
    def positions_value_cents(self) -> int:
        return self.equity_cents - self.cash_cents


class History(NamedTuple):
    """What moves a person's portfolio from a moment on, and what was there before, with `start_fills` fills in it."""

    start: Ledger
    start_fills: int
    entries: Sequence[Entry]
    transfers: Sequence[Entry]


class ValueOverTime:
    def __init__(self, db: PortfolioDb, past: PastPrices, prices: PriceCache) -> None:
        self._db = db
        self._past = past
        self._prices = prices

    @property
    def now_ms(self) -> int:
        return self._past.now_ms

    async def first_ms(self, user_id: str) -> int | None:
        """When there was something for the first time. None: never."""
        return min((transfer.at_ms for transfer in await self._transfers(user_id)), default=None)

    async def at(self, user_id: str, moments_ms: Sequence[int]) -> list[Value]:
        """As each moment begins; `moments_ms` ascend. Those that end a day are kept."""
        if not moments_ms:
            return []
        kept = await self._kept(user_id, moments_ms)
        values = {at_ms: _value(end) for at_ms, end in kept.items()}
        missing = [at_ms for at_ms in moments_ms if at_ms not in kept or not kept[at_ms].is_final]
        if missing:
            for value in await self._work_out(user_id, missing, kept):
                values[value.at_ms] = value
        return [values[at_ms] for at_ms in moments_ms]

    async def now(self, user_id: str) -> Value:
        """At live prices, as `/account` shows it."""
        now_ms = self.now_ms
        ledger = await self.ledger_now(user_id)
        held = ledger.held()
        prices = await self._prices.get_many([position.symbol for position in held])
        worth = sum(
            position.cost_cents if price is None else price.price_cents * position.shares
            for position, price in zip(held, prices, strict=True)
        )
        return Value(now_ms, ledger.cash_cents + worth, ledger.cash_cents)

    async def ledger_now(self, user_id: str) -> Ledger:
        """With everything that is booked."""
        history = await self._history(user_id, self.now_ms)
        ledger = history.start
        for entry in history.entries:
            ledger.take(entry)
        return ledger

    async def transfers(self, user_id: str, from_ms: int, until_ms: int) -> list[Entry]:
        """`from_ms <= at_ms <= until_ms`, in time order."""
        return [entry for entry in await self._transfers(user_id) if from_ms <= entry.at_ms <= until_ms]

    # Working out

    async def _work_out(self, user_id: str, moments_ms: Sequence[int], kept: Mapping[int, DayEnd]) -> list[Value]:
        history = await self._history(user_id, moments_ms[0])
        walk = Walk(history.start, history.entries)
        cash_cents: list[int] = []
        held: list[dict[str, tuple[int, int]]] = []
        states: list[bytes] = []
        for at_ms in moments_ms:
            ledger = walk.to(at_ms)
            cash_cents.append(ledger.cash_cents)
            held.append({position.symbol: (position.shares, position.cost_cents) for position in ledger.held()})
            states.append(_pack(ledger) if self._ends_day(at_ms) else b"")
        worth, unpriced = await self._worth_cents(moments_ms, held)
        values = [
            Value(at_ms, cash + positions, cash)
            for at_ms, cash, positions in zip(moments_ms, cash_cents, worth, strict=True)
        ]
        # A price that is not known today may be tomorrow: prices can be lost, and be got back from the exchange or a file.
        for place in unpriced:
            states[place] = b""
            if day_end := kept.get(moments_ms[place]):
                values[place] = _value(day_end)
        await self._keep(user_id, self._day_ends(values, states, history), kept)
        return values

    async def _worth_cents(
        self, moments_ms: Sequence[int], held: Sequence[dict[str, tuple[int, int]]]
    ) -> tuple[list[int], set[int]]:
        """Of all positions, at each moment; one whose symbol had no price yet counts as what it cost. And at which that was so."""
        worth = [0] * len(moments_ms)
        unpriced = set()
        symbols = list(dict.fromkeys(symbol for positions in held for symbol in positions))
        if listed := [price.symbol for price in await self._prices.get_many(symbols) if price is not None]:
            await self._past.want(listed, moments_ms)
        for symbol in symbols:
            places = [place for place, positions in enumerate(held) if symbol in positions]
            prices_e4 = await self._past.prices_at(symbol, [moments_ms[place] for place in places])
            for place, price_e4 in zip(places, prices_e4, strict=True):
                shares, cost_cents = held[place][symbol]
                if price_e4 is None:
                    unpriced.add(place)
                worth[place] += cost_cents if price_e4 is None else shares * shown_price_cents(price_e4)
        return worth, unpriced

    async def _history(self, user_id: str, from_ms: int) -> History:
        """From the last kept day's end before `from_ms`, if there is one and nothing came late."""
        transfers = await self._transfers(user_id)
        kept = await self._db.day_end_before(user_id, market_day(from_ms))
        if kept and not await self._hold(user_id, [kept], transfers):
            kept = None
        start_ms = _end_ms(kept) if kept else 0
        trades = await self._db.trades_from(user_id, start_ms)
        fills = [Entry(trade.at_ms, trade.cash_cents, trade.symbol, trade.shares) for trade in trades]
        newer = [entry for entry in transfers if entry.at_ms >= start_ms]
        start, start_fills = (_unpack(kept.state), kept.fills_count) if kept else (Ledger(), 0)
        return History(start, start_fills, in_time([*newer, *fills]), transfers)

    async def _transfers(self, user_id: str) -> list[Entry]:
        entries = [await self._in_market_time(user_id, one) for one in await self._db.transfers(user_id)]
        return sorted(entries, key=lambda entry: entry.at_ms)

    async def _in_market_time(self, user_id: str, transfer: Transfer) -> Entry:
        """The market's time may be behind ours: in a quiet market by moments, in a replay by years. A transfer that it has not come to was
        when the first fill after it was, or else just now."""
        at_ms = transfer.at_ms
        if at_ms > self.now_ms:
            first_ms = await self._db.first_fill_booked_from(user_id, at_ms)
            at_ms = self.now_ms if first_ms is None else min(first_ms, self.now_ms)
        return Entry(at_ms, transfer.amount_cents)

    # Days' ends

    def _ends_day(self, at_ms: int) -> bool:
        """Whether a day ended at this moment, and for good."""
        return at_ms + DAY_FINAL_AFTER_MS <= self.now_ms and day_starts_ms(market_day(at_ms)) == at_ms

    async def _kept(self, user_id: str, moments_ms: Sequence[int]) -> dict[int, DayEnd]:
        """The days' ends that are kept, by their moments, if nothing was booked late."""
        first, last = market_day(moments_ms[0]) - 1, market_day(moments_ms[-1]) - 1
        day_ends = await self._db.day_ends(user_id, first, last)
        if not day_ends or not await self._hold(user_id, day_ends, await self._transfers(user_id)):
            return {}
        return {_end_ms(end): end for end in day_ends}

    async def _hold(self, user_id: str, day_ends: Sequence[DayEnd], transfers: Sequence[Entry]) -> bool:
        """Whether everything that is booked by now is in these; otherwise all of this person's are forgotten.

        Each is asked, not the newest alone: one that lacks a fill may be kept when later ones that have it are.
        """
        ends_ms = [_end_ms(end) for end in day_ends]
        fills_counts = await self._db.fills_before(user_id, ends_ms)
        transfers_ms = [entry.at_ms for entry in transfers]
        for end, end_ms, fills_count in zip(day_ends, ends_ms, fills_counts, strict=True):
            if (fills_count, bisect_left(transfers_ms, end_ms)) != (end.fills_count, end.transfers_count):
                await self._db.forget_day_ends(user_id)
                return False
        return True

    def _day_ends(self, values: Sequence[Value], states: Sequence[bytes], history: History) -> list[DayEnd]:
        """Of the values with a state; with the counts of what was gone through, not of what is booked by now."""
        fills_ms = [entry.at_ms for entry in history.entries if entry.symbol]
        transfers_ms = [entry.at_ms for entry in history.transfers]
        return [
            DayEnd(
                market_day(value.at_ms) - 1,
                history.start_fills + bisect_left(fills_ms, value.at_ms),
                bisect_left(transfers_ms, value.at_ms),
                value.equity_cents,
                value.cash_cents,
                value.at_ms < self._past.final_before_ms,
                state,
            )
            for value, state in zip(values, states, strict=True)
            if state
        ]

    async def _keep(self, user_id: str, day_ends: Sequence[DayEnd], kept: Mapping[int, DayEnd]) -> None:
        changed = [end for end in day_ends if kept.get(_end_ms(end)) != end._replace(state=b"")]
        if changed:
            await self._db.keep_day_ends(user_id, changed)


def _value(end: DayEnd) -> Value:
    return Value(_end_ms(end), end.equity_cents, end.cash_cents)


def _end_ms(end: DayEnd) -> int:
    return day_starts_ms(end.day + 1)
