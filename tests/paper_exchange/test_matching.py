from tests.paper_exchange.fixed_market import quote, trade
from tests.paper_exchange.floor import Floor


def test_partial_sell() -> None:
    floor = Floor()
    buy = floor.buy(100, 50_000)
    sell = floor.sell(30, 50_000)
    assert floor.fills(sell) == [(30, 50_000)]
    assert floor.order(sell).state == "filled"
    assert (floor.order(buy).state, floor.order(buy).filled_shares) == ("open", 30)


def test_multi_level_buy() -> None:
    floor = Floor()
    dear, cheap = floor.sell(10, 50_200), floor.sell(10, 50_100)
    buy = floor.buy(15, 50_300)
    assert floor.fills(buy) == [(10, 50_100), (5, 50_200)]
    assert floor.order(cheap).state == "filled"
    assert floor.fills(dear) == [(5, 50_200)]


def test_earlier_order_first_at_one_price() -> None:
    floor = Floor()
    first, second = floor.buy(10, 50_000), floor.buy(10, 50_000)
    floor.sell(15, 49_000)
    assert floor.fills(first) == [(10, 50_000)]
    assert floor.fills(second) == [(5, 50_000)]


def test_both_sides_of_a_trade_are_customers() -> None:
    floor = Floor()
    buy, sell = floor.buy(10, 50_000), floor.sell(10, 50_000)
    (printed,) = floor.tape()
    assert printed["orderIds"] == [floor.order(buy).external_order_id, floor.order(sell).external_order_id]
    assert floor.order(buy).executions == floor.order(sell).executions


def test_limit_order_rests_when_nothing_reaches_it() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 100))
    buy = floor.buy(10, 50_000)
    assert (floor.order(buy).state, floor.tape()) == ("open", [])


def test_market_order_remainder_cancelled() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 60))
    buy = floor.buy(100, 52_000, "market")
    assert floor.fills(buy) == [(60, 50_100)]
    assert floor.order(buy).state == "cancelled"
    floor.happen(quote(49_900, 100, 50_100, 60))
    assert floor.fills(buy) == [(60, 50_100)]


def test_market_order_stops_at_its_worst_price() -> None:
    floor = Floor()
    floor.sell(10, 50_000)
    floor.sell(10, 53_000)
    buy = floor.buy(20, 52_000, "market")
    assert floor.fills(buy) == [(10, 50_000)]


def test_market_sell_stops_at_its_worst_price() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 60))
    sell = floor.sell(10, 49_901, "market")
    assert (floor.fills(sell), floor.order(sell).state) == ([], "cancelled")


def test_quote_is_used_up_until_it_is_renewed() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 60))
    floor.buy(50, 50_100)
    rest = floor.buy(50, 50_100)
    assert floor.fills(rest) == [(10, 50_100)]
    floor.happen(quote(49_900, 100, 50_100, 25))
    assert floor.fills(rest) == [(10, 50_100), (25, 50_100)]


def test_quote_that_crosses_fills_at_the_resting_price() -> None:
    floor = Floor()
    low, high = floor.buy(10, 50_000), floor.buy(10, 50_200)
    floor.happen(quote(49_500, 100, 49_900, 15))
    assert floor.fills(high) == [(10, 50_200)]
    assert floor.fills(low) == [(5, 50_000)]


def test_quote_that_crosses_fills_sellers_too() -> None:
    floor = Floor()
    sell = floor.sell(10, 50_000)
    floor.happen(quote(50_000, 100, 50_100, 15))
    assert floor.fills(sell) == [(10, 50_000)]


def test_customer_before_the_quote_in_time_comes_first() -> None:
    floor = Floor()
    early = floor.sell(10, 50_100)
    floor.happen(quote(49_900, 100, 50_100, 100))
    late = floor.sell(10, 50_100)
    floor.buy(30, 50_100)
    assert floor.fills(early) == [(10, 50_100)]
    assert floor.fills(late) == []


def test_print_through_a_resting_order_fills_it() -> None:
    floor = Floor()
    floor.happen(quote(49_000, 100, 51_000, 100))
    buy = floor.buy(10, 50_000)
    floor.happen(trade(49_900, 4), trade(50_100, 4))
    assert floor.fills(buy) == [(4, 50_000)]
    assert [(t["priceE4"], t["numShares"]) for t in floor.tape()] == [(49_900, 4), (50_000, 4), (50_100, 4)]


def test_tape_without_quotes_trades_against_prints() -> None:
    floor = Floor()
    floor.happen(trade(50_000, 30))
    buy = floor.buy(40, 51_000)
    assert floor.fills(buy) == [(30, 50_000)]
    floor.happen(trade(50_500, 30))
    assert floor.fills(buy) == [(30, 50_000), (10, 51_000)]


def test_cancelled_order_never_executes_again() -> None:
    floor = Floor()
    buy = floor.buy(10, 50_000)
    assert floor.cancel(buy) == "cancelled"
    floor.happen(quote(49_000, 100, 49_500, 100))
    floor.sell(10, 49_600)
    assert floor.fills(buy) == []


def test_cancel_of_a_filled_order_leaves_it_filled() -> None:
    floor = Floor()
    buy = floor.buy(10, 50_000)
    floor.sell(10, 50_000)
    assert floor.cancel(buy) == "already_closed"
    assert floor.order(buy).state == "filled"


def test_cancel_twice() -> None:
    floor = Floor()
    buy = floor.buy(10, 50_000)
    assert [floor.cancel(buy), floor.cancel(buy), floor.cancel("nobody")] == ["cancelled", "already_closed", "unknown"]


def test_far_print_is_off_market() -> None:
    floor = Floor()
    floor.happen(quote(1_659_500, 100, 1_659_600, 100))
    buy = floor.buy(10, 1_659_400)
    floor.happen(trade(1_675_100, 1_002_300), trade(100, 5), trade(1_659_600, 7), trade(1_660_000, 3))
    assert [t["offMarket"] for t in floor.tape()] == [True, True, False, False]
    assert floor.fills(buy) == []
    (meta,) = [s for s in floor.exchange.symbols("", 10)[0] if s.symbol == "META"]
    assert (meta.day_low_e4, meta.day_high_e4, meta.day_volume) == (1_659_600, 1_660_000, 1_002_315)


def test_strangers_ids_look_like_customers() -> None:
    floor = Floor()
    floor.happen(quote(49_900, 100, 50_100, 60))
    buy = floor.buy(1, 50_100)
    floor.happen(trade(50_000, 5))
    ours, theirs = floor.tape()
    assert ours["orderIds"][0] == floor.order(buy).external_order_id
    assert len({*ours["orderIds"], *theirs["orderIds"]}) == 4
