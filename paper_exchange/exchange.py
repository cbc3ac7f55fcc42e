"""The exchange itself: takes orders and the market's events, matches them, and knows what became of each.

Synchronous and without I/O: the clocks are given, and the same calls at the same times give the same answers.
Reads from: its callers and a `Market`. Writes to: its tape, and `records` for a journal to make durable before anything is shown.
If it dies, the journal makes it anew (`restore.py`); without one it begins empty, in a new epoch.
"""

from collections.abc import Callable, Iterable, Sequence

from paper_exchange.admission import reason_against
from paper_exchange.book import Fill
from paper_exchange.listed import Day, Listed
from paper_exchange.market.port import Bar, DayStart, Event, Hours, Market, Print, Quote
from paper_exchange.order import Execution, Order, Side
from paper_exchange.orders import Orders
from paper_exchange.records import Born, Cancelled, EpochBegun, Executed, Placed, Record, Symbols
from paper_exchange.resumption import Resumption
from paper_exchange.tape import TRADES_KEPT_MIN, Tape
from paper_exchange.wire import Cancel, NewOrder, OrderView, Reason, Refusal, SymbolView, order_view

Clock = Callable[[], int]


class Exchange:
    """`clock` is the exchange's own (wall) clock and `market_clock` the market's, both in nanoseconds since 1970 UTC.

    `prefix` begins every id that is given out; no other run may have it. `journaled`: fill `records`; someone has to empty it.
    """

    def __init__(
        self,
        market: Market,
        clock: Clock,
        *,
        prefix: str,
        market_clock: Clock | None = None,
        epoch: int = 1,
        journaled: bool = False,
        trades_kept_min: int = TRADES_KEPT_MIN,
    ) -> None:
        self.clock = clock
        self.market_clock = market_clock or clock
        self.market = market
        self.market_at_ns = market.starts_at_ns
        self.tape = Tape(epoch, trades_kept_min)
        self.orders = Orders()
        self.records: list[Record] = []
        self.prefix = prefix
        self.orders.name_after(prefix)
        self.symbol_names = [listing.symbol for listing in market.listings]
        self.listed = {listing.symbol: Listed(listing, index) for index, listing in enumerate(market.listings)}
        self._resumption = Resumption()
        self._journaled = journaled
        if journaled:
            self.records += [
                Born(prefix, market.starts_at_ns),
                EpochBegun(epoch, 0),
                Symbols(0, list(self.symbol_names)),
            ]

    @property
    def epoch(self) -> int:
        return self.tape.epoch

    @property
    def sequence(self) -> int:
        return self.tape.sequence

    # Orders

    def place(self, orders: Iterable[NewOrder], refuse: int | None = None) -> list[OrderView | Refusal]:
        """Answers in the order sent, as things stand after the last of them: orders of one batch may trade with each other.

        `refuse`: the place in the list of one that is to be refused without a reason."""
        placed = [self._place(new, index == refuse) for index, new in enumerate(orders)]
        return [order_view(one, "accepted") if isinstance(one, Order) else one for one in placed]

    def cancel(self, cancels: Iterable[Cancel]) -> list[OrderView]:
        return [self._cancel(cancel) for cancel in cancels]

    def look_up(self, client_order_ids: Iterable[str]) -> list[OrderView]:
        return [self._look_up(client_order_id) for client_order_id in client_order_ids]

    def open_orders(self, after_number: int, limit: int) -> tuple[list[OrderView], int | None]:
        """A page of the open orders, and the number to go on after if there is more."""
        found = self.orders.open_after(after_number, limit + 1)
        views = [order_view(order) for order in found[:limit]]
        return views, found[limit - 1].number if len(found) > limit else None

    def changed_orders(self, from_ns: int, to_ns: int, start: int, limit: int) -> tuple[list[OrderView], int | None]:
        found, rest = self.orders.changed_between(from_ns, to_ns, start, limit)
        return [order_view(order) for order in found], rest

    def _place(self, new: NewOrder, refuse: bool) -> Order | Refusal:
        known = self.orders.by_client_order_id.get(new.client_order_id)
        if known is not None:
            if known.same_content(new.symbol, new.side, new.type, new.price_e4, new.num_shares):
                return known
            return Refusal(new.client_order_id, "refused", "different_content")
        reason = "refused" if refuse else self._reason_against(new)
        if reason is not None:
            return Refusal(new.client_order_id, "refused", reason)
        return self._accept(new)

    def _reason_against(self, new: NewOrder) -> Reason | None:
        return reason_against(new, is_listed=new.symbol in self.listed, now_ns=self.clock(), is_open=self.hours().open)

    def _accept(self, new: NewOrder) -> Order:
        placed = Placed(
            len(self.orders.all) + 1,
            new.client_order_id,
            new.symbol,
            new.side,
            new.type,
            new.price_e4,
            new.num_shares,
            self.clock(),
        )
        order = self.orders.add(placed)
        self._record(placed)
        listed = self.listed[new.symbol]
        at_ns = self._market_now_ns()
        for fill in listed.book.take(order.side, order.price_e4, order.num_shares):
            self._fill(listed, fill, order.side, order, at_ns)
        if order.state == "open":
            self._rest(listed, order)
        return order

    def _rest(self, listed: Listed, order: Order) -> None:
        if order.type == "limit":
            listed.book.add(order)
        else:
            self._close(order)

    def _cancel(self, cancel: Cancel) -> OrderView:
        if cancel.client_order_id is not None:
            order = self.orders.by_client_order_id.get(cancel.client_order_id)
        else:
            order = self.orders.by_external_order_id(cancel.external_order_id or "")
        if order is None:
            return OrderView("unknown", 0, [], cancel.client_order_id, cancel.external_order_id, "unknown")
        if order.state != "open":
            return order_view(order, "already_closed")
        if order.symbol in self.listed:
            self.listed[order.symbol].book.remove(order)
        self._close(order)
        return order_view(order, "cancelled")

    def _close(self, order: Order) -> None:
        cancelled = Cancelled(order.number, self.clock())
        self.orders.cancel(cancelled)
        self._record(cancelled)

    def _look_up(self, client_order_id: str) -> OrderView:
        order = self.orders.by_client_order_id.get(client_order_id)
        return order_view(order) if order is not None else OrderView("unknown", 0, [], client_order_id)

    # The market

    def advance(self, until_ns: int, events_max: int) -> int:
        """Let the market go on to a moment, by so many events at most; how many there were."""
        events = self.market.advance(until_ns, events_max)
        for event in events:
            if not self._resumption.has_happened(event):
                self.apply(event)
        return len(events)

    def apply(self, event: Event) -> None:
        self.market_at_ns = max(self.market_at_ns, event.at_ns)
        if isinstance(event, Print):
            self._print(event)
        elif isinstance(event, Quote):
            self._quote(event)
        else:
            self._begin_day(event)

    def _quote(self, quote: Quote) -> None:
        listed = self.listed[quote.symbol]
        listed.book.quoted = True
        self._renew_quote(listed, quote)

    def _renew_quote(self, listed: Listed, quote: Quote) -> None:
        book = listed.book
        book.renew_quote(quote, len(self.orders.all) + 1)
        if not book.has_orders:
            return
        for side in ("buy", "sell"):
            for fill in book.crossed_by_quote(side):
                self._fill(listed, fill, _other(side), None, quote.at_ns)

    def _print(self, event: Print) -> None:
        listed = self.listed[event.symbol]
        off_market = event.off_market
        if off_market is None:
            off_market = listed.far_from_quote(event.price_e4)
        number = self.tape.append(event.at_ns, event.price_e4, event.num_shares, listed.index, off_market, None)
        listed.day.trade(number, event.at_ns, event.price_e4, event.num_shares, off_market)
        if not off_market:
            self._meet_print(listed, event)

    def _meet_print(self, listed: Listed, event: Print) -> None:
        if not listed.book.quoted:
            # On a tape without quotes the last print is what there is to trade against, on both sides.
            price_e4, shares = event.price_e4, event.num_shares
            self._renew_quote(listed, Quote(event.at_ns, event.symbol, price_e4, shares, price_e4, shares))
            return
        if not listed.book.has_orders:
            return
        for side in ("buy", "sell"):
            for fill in listed.book.met_by_print(side, event.price_e4, event.num_shares):
                self._fill(listed, fill, _other(side), None, event.at_ns)

    def _begin_day(self, _event: DayStart) -> None:
        self.tape.mark_day()
        self.begin_days()

    def begin_days(self) -> None:
        """Each symbol's day begins."""
        for listed in self.listed.values():
            listed.day.begin()

    def _market_now_ns(self) -> int:
        return max(self.market_at_ns, self.market_clock())

    # Trades with customers

    def _fill(self, listed: Listed, fill: Fill, taker: Side, arriving: Order | None, at_ns: int) -> None:
        buyer, seller = (arriving, fill.resting) if taker == "buy" else (fill.resting, arriving)
        ids = (buyer.external_order_id if buyer else None, seller.external_order_id if seller else None)
        number = self.tape.append(at_ns, fill.price_e4, fill.num_shares, listed.index, False, ids)
        listed.day.trade(number, at_ns, fill.price_e4, fill.num_shares, False)
        executed = Executed(
            number,
            buyer.number if buyer else 0,
            seller.number if seller else 0,
            fill.price_e4,
            fill.num_shares,
            at_ns,
            self.clock(),
        )
        self.execute(executed)
        self._record(executed)
        if fill.resting is not None and fill.resting.state != "open":
            listed.book.remove(fill.resting)

    def execute(self, executed: Executed) -> None:
        """Book a trade into the orders on its sides."""
        epoch, base = self.tape.epoch_of(executed.trade_number)
        execution = Execution(
            self.trade_id(executed.trade_number),
            epoch,
            executed.trade_number - base,
            executed.price_e4,
            executed.num_shares,
            executed.at_ns,
        )
        for number in (executed.buyer, executed.seller):
            if number:
                self.orders.fill(self.orders.all[number - 1], execution, executed.changed_ns)

    def trade_id(self, number: int) -> str:
        return f"{self.prefix}-T{number}"

    def begin_epoch(self, epoch: int | None = None) -> None:
        """Sequences start anew at 1; orders and executions stay as they are."""
        begun = EpochBegun(self.epoch + 1 if epoch is None else epoch, self.tape.last_number)
        self.tape.begin_epoch(begun.epoch)
        self._record(begun)

    # What can be asked

    def symbols(self, after_symbol: str, limit: int) -> tuple[Sequence[SymbolView], str | None]:
        """A page of the symbols by name, and the symbol to go on after if there is more."""
        names = sorted(symbol for symbol in self.listed if symbol > after_symbol)
        return [self._symbol(self.listed[name]) for name in names[:limit]], (
            names[limit - 1] if len(names) > limit else None
        )

    def _symbol(self, listed: Listed) -> SymbolView:
        number = listed.day.last_number
        if not number:
            return listed.view(0, 0)
        epoch, base = self.tape.epoch_of(number)
        return listed.view(epoch, number - base)

    def hours(self) -> Hours:
        return self.market.hours(self.market_clock())

    def bars(self, symbol: str, from_ns: int, to_ns: int, interval_ns: int) -> Sequence[Bar]:
        return self.market.bars(symbol, from_ns, to_ns, interval_ns)

    # After a restart: what the journal says, oldest first

    def adopt(self, born: Born) -> None:
        """Be the exchange that was born then."""
        self.prefix = born.prefix
        self.orders.name_after(born.prefix)
        if born.market_at_ns:
            self.market.began(born.market_at_ns)
            for listing in self.market.listings:
                self.listed[listing.symbol].day = Day.of(listing)

    def resume_market(self, at_ns: int, prints: int) -> None:
        """Let the market go on from a moment of which so many prints have already happened."""
        days = (listed.day for listed in self.listed.values())
        self.market.resume({day.symbol: day.last_price_e4 for day in days if day.last_price_e4}, at_ns - 1)
        self.market_at_ns = at_ns
        self._resumption = Resumption(at_ns, prints)

    def _record(self, record: Record) -> None:
        if self._journaled:
            self.records.append(record)


def _other(side: str) -> Side:
    return "sell" if side == "buy" else "buy"
