"""Whatever is done in whatever order: no order over-filled, no price worse than asked, every share that is bought was sold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from paper_exchange.order import OrderType, Side
from paper_exchange.records import Cancelled, Executed, Placed
from paper_exchange.wire import OrderView
from tests.paper_exchange.fixed_market import quote, trade
from tests.paper_exchange.floor import Floor, new_order

prices = st.integers(9_990, 10_010)
shares = st.integers(1, 50)
sizes = st.integers(0, 50)


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor(journaled=True)
        self.names: list[str] = []
        self.closed: dict[str, OrderView] = {}
        self.market_shares = 0

    @rule(side=st.sampled_from(["buy", "sell"]), kind=st.sampled_from(["limit", "market"]), price=prices, count=shares)
    def place(self, side: Side, kind: OrderType, price: int, count: int) -> None:
        name = f"o{len(self.names)}"
        self.names.append(name)
        self.floor.place(new_order(name, side, price, count, order_type=kind))

    @rule(at=st.integers(0, 200))
    def cancel(self, at: int) -> None:
        if self.names:
            self.floor.cancel(self.names[at % len(self.names)])

    @rule(bid=prices, bid_size=sizes, ask=prices, ask_size=sizes)
    def renew_quote(self, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        self.market_shares += bid_size + ask_size
        self.floor.happen(quote(bid, bid_size, ask, ask_size))

    @rule(price=prices, count=shares)
    def print_trade(self, price: int, count: int) -> None:
        self.market_shares += 2 * count
        self.floor.happen(trade(price, count))

    @invariant()
    def orders_keep_to_what_was_asked(self) -> None:
        for name in self.names:
            view = self.floor.order(name)
            assert view.num_shares is not None
            assert view.price_e4 is not None
            assert view.filled_shares == sum(e.num_shares for e in view.executions) <= view.num_shares
            assert (view.state == "filled") == (view.filled_shares == view.num_shares)
            sign = 1 if view.side == "buy" else -1
            assert all(e.num_shares > 0 and sign * e.price_e4 <= sign * view.price_e4 for e in view.executions)

    @invariant()
    def closed_orders_stay_as_they_were(self) -> None:
        for name in self.names:
            view = self.floor.order(name)
            if name in self.closed:
                assert view == self.closed[name]
            elif view.state != "open":
                self.closed[name] = view

    @invariant()
    def every_share_has_two_sides(self) -> None:
        executed = [record for record in self.floor.exchange.records if isinstance(record, Executed)]
        sides = sum(record.num_shares * (bool(record.buyer) + bool(record.seller)) for record in executed)
        assert sides == sum(self.floor.order(name).filled_shares for name in self.names)
        strangers = sum(record.num_shares for record in executed if not (record.buyer and record.seller))
        assert strangers <= self.market_shares

    @invariant()
    def nothing_rests_crossed(self) -> None:
        book = self.floor.exchange.listed["META"].book
        bid, ask = book.bids.best(), book.asks.best()
        assert bid is None or ask is None or bid.price_e4 < ask.price_e4

    @invariant()
    def book_is_the_open_orders(self) -> None:
        book = self.floor.exchange.listed["META"].book
        resting = {order.client_order_id for ladder in (book.bids, book.asks) for order in ladder}
        assert resting == {name for name in self.names if self.floor.order(name).state == "open"}

    @invariant()
    def records_tell_the_same_story(self) -> None:
        left: dict[int, int] = {}
        for record in self.floor.exchange.records:
            if isinstance(record, Placed):
                left[record.number] = record.num_shares
            elif isinstance(record, Executed):
                for number in (record.buyer, record.seller):
                    if number:
                        left[number] -= record.num_shares
            elif isinstance(record, Cancelled):
                del left[record.number]
        told = {number for number, shares_left in left.items() if shares_left}
        assert told == set(self.floor.exchange.orders.open)


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
