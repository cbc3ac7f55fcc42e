from datetime import UTC, datetime, timedelta

from paper_exchange.moment import to_wire
from paper_exchange.wire import Cancel, OrderView, Refusal
from tests.paper_exchange.fixed_market import START_NS, day, quote, trade
from tests.paper_exchange.floor import Floor, new_order

NOW = datetime.fromtimestamp(START_NS // 1_000_000_000, UTC)


def test_same_client_order_id_places_once() -> None:
    floor = Floor()
    first = floor.place(new_order("a"))
    floor.sell(40, 1_000_000)
    again = floor.place(new_order("a"))
    assert isinstance(first, OrderView)
    assert isinstance(again, OrderView)
    assert (again.result, again.external_order_id, again.filled_shares) == ("accepted", first.external_order_id, 40)
    assert len(floor.exchange.orders.all) == 2


def test_same_client_order_id_twice_in_a_batch() -> None:
    floor = Floor()
    first, second = floor.exchange.place([new_order("a"), new_order("a")])
    assert isinstance(first, OrderView)
    assert first == second


def test_same_client_order_id_with_other_content() -> None:
    floor = Floor()
    floor.place(new_order("a", num_shares=100))
    assert floor.place(new_order("a", num_shares=101)) == Refusal("a", "refused", "different_content")
    assert floor.order("a").num_shares == 100


def test_refusals() -> None:
    floor = Floor()
    wrong = [
        new_order("a", symbol="NONE"),
        new_order("b", price_e4=0),
        new_order("c", num_shares=-1),
        new_order("d", num_shares=10**30),
        new_order("e", not_after=NOW - timedelta(seconds=1)),
    ]
    answers = floor.exchange.place(wrong)
    assert [answer.reason for answer in answers] == [
        "unknown_symbol",
        "bad_price",
        "bad_shares",
        "bad_shares",
        "not_after_passed",
    ]
    assert [floor.order(name).state for name in "abcde"] == ["unknown"] * 5


def test_arriving_at_not_after_is_in_time() -> None:
    floor = Floor()
    assert isinstance(floor.place(new_order("a", not_after=NOW)), OrderView)


def test_late_repeat_gets_the_order() -> None:
    floor = Floor()
    floor.place(new_order("a", not_after=NOW))
    floor.now_ns += 60_000_000_000
    again = floor.place(new_order("a", not_after=NOW))
    assert isinstance(again, OrderView)


def test_closed_market_refuses_orders_but_cancels() -> None:
    floor = Floor()
    floor.buy(10, 50_000)
    floor.market.open = False
    assert floor.place(new_order("late")) == Refusal("late", "refused", "market_closed")
    assert floor.cancel("order-1") == "cancelled"


def test_cancel_by_external_order_id() -> None:
    floor = Floor()
    name = floor.buy(10, 50_000)
    known = floor.order(name).external_order_id
    ids = [known, "p-O2", "p-O0", "q-O1", "p-O01", "p-O٣"]
    answers = floor.exchange.cancel([Cancel(external_order_id=one) for one in ids])
    assert [answer.result for answer in answers] == ["cancelled", *["unknown"] * 5]


def test_open_orders_by_page() -> None:
    floor = Floor()
    names = [floor.buy(1, 50_000) for _ in range(7)]
    floor.cancel(names[3])
    seen: list[str | None] = []
    after: int | None = 0
    pages = 0
    while after is not None:
        page, after = floor.exchange.open_orders(after, 2)
        seen += [view.client_order_id for view in page]
        pages += 1
    assert (seen, pages) == ([name for name in names if name != names[3]], 3)


def test_changed_orders_each_once() -> None:
    floor = Floor()
    names = [floor.buy(10, 50_000) for _ in range(5)]
    floor.now_ns += 10
    floor.sell(15, 50_000)
    floor.cancel(names[1])
    floor.cancel(names[4])
    floor.now_ns += 10
    floor.cancel(names[3])
    seen: list[str | None] = []
    start: int | None = 0
    while start is not None:
        page, start = floor.exchange.changed_orders(START_NS + 5, START_NS + 20, start, 1)
        seen += [view.client_order_id for view in page]
    assert seen == ["order-6", "order-1", "order-2", "order-5"]
    assert [view.client_order_id for view in floor.exchange.changed_orders(0, START_NS + 5, 0, 10)[0]] == names
    assert [view.client_order_id for view in floor.exchange.changed_orders(START_NS + 20, 2**62, 0, 10)[0]] == [
        names[3]
    ]


def test_clock_set_back_keeps_changes_findable() -> None:
    floor = Floor()
    floor.buy(10, 50_000)
    floor.now_ns -= 1_000_000_000
    floor.buy(10, 50_000)
    assert len(floor.exchange.changed_orders(START_NS, START_NS + 1, 0, 10)[0]) == 2


def test_day_summary() -> None:
    floor = Floor()
    floor.happen(trade(50_000, 1), trade(52_000, 2), trade(49_000, 3), trade(51_000, 4))
    (meta,) = [s for s in floor.exchange.symbols("", 10)[0] if s.symbol == "META"]
    assert (meta.day_open_e4, meta.day_high_e4, meta.day_low_e4, meta.day_volume) == (50_000, 52_000, 49_000, 10)
    assert (meta.last_price_e4, meta.epoch, meta.sequence, meta.previous_close_e4) == (51_000, 1, 4, 1_000_000)
    floor.happen(day(at=5))
    (meta,) = [s for s in floor.exchange.symbols("", 10)[0] if s.symbol == "META"]
    assert (meta.day_open_e4, meta.day_volume, meta.previous_close_e4, meta.last_price_e4) == (None, 0, 51_000, 51_000)


def test_last_price_keeps_the_epoch_that_it_was_made_in() -> None:
    floor = Floor()
    floor.happen(trade(50_000, 1))
    floor.exchange.begin_epoch()
    floor.happen(trade(60_000, 1, "AAPL"))
    assert [(s.symbol, s.epoch, s.sequence) for s in floor.exchange.symbols("", 10)[0]] == [
        ("AAPL", 2, 1),
        ("META", 1, 1),
    ]


def test_quote_adds_customers_to_the_market() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 60))
    floor.buy(5, 49_900)
    floor.sell(7, 50_050)
    book = floor.exchange.listed["META"].book
    assert (book.best("buy"), book.best("sell")) == ((49_900, 105), (50_050, 7))


def test_new_epoch_keeps_executions_as_they_were() -> None:
    floor = Floor()
    floor.happen(trade(50_000, 1))
    buy = floor.buy(10, 51_000)
    before = floor.order(buy).executions
    floor.exchange.begin_epoch()
    floor.sell(9, 51_000)
    after = floor.order(buy).executions
    assert after[: len(before)] == before
    assert [(e.epoch, e.sequence) for e in after] == [(1, 2), (2, 1)]
    assert len({e.trade_id for e in after}) == 2
    assert [t["sequence"] for t in floor.tape()] == [1]


def test_times_on_the_wire() -> None:
    assert to_wire(START_NS + 123_456_789) == "2023-11-14T22:13:20.123456Z"


def test_orders_of_a_batch_that_trade_with_each_other_are_answered_as_they_stand_after_it() -> None:
    floor = Floor()
    answers = floor.exchange.place(
        [new_order("a", "sell"), new_order("b", "buy", num_shares=40), new_order("c", "buy")]
    )
    views = [answer for answer in answers if isinstance(answer, OrderView)]
    assert [(view.state, view.filled_shares, view.result) for view in views] == [
        ("filled", 100, "accepted"),
        ("filled", 40, "accepted"),
        ("open", 60, "accepted"),
    ]
    assert [len(view.executions) for view in views] == [2, 1, 1]
