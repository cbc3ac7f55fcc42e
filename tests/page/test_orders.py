import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.page.visitor import Visitor, fill_ticket, live, placed, review, ticket
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker


def _set_faults(broker: Broker, **faults: Any) -> None:
    broker.on_loop(broker.venue.set_faults(**faults))


def _row(page: Page, status: str) -> Any:
    return page.locator(f'.order[data-status="{status}"]')


def _shows_the_brokers_gain(trader: Visitor) -> None:
    gain_cents = trader.client.get("/portfolio/returns?range=1d")["gainInCents"]
    sign = "+" if gain_cents > 0 else "\u2212" if gain_cents < 0 else ""
    expect(trader.page.locator("#day-gain")).to_contain_text(
        f"{sign}${abs(gain_cents) // 100}.{abs(gain_cents) % 100:02} "
    )


def test_market_buy_with_a_review(trader: Visitor) -> None:
    page = trader.page
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 10)
    expect(ticket(page).locator("[data-sum=cost]")).to_have_text("$1,000.00")
    expect(ticket(page).locator("[data-sum=after]")).to_have_text("$99,000.00")
    place = review(page)
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    expect(page.get_by_text(re.compile("Buy 10 META at the market.s price")).first).to_be_visible()
    place.click()
    expect(placed(page, "Filled")).to_contain_text("All 10 shares filled at $100.10 on average.")
    expect(page.locator("section", has_text="Your position").locator(".facts")).to_contain_text("10")
    [order] = trader.orders()
    assert (order["status"], order["filledShares"], order["type"]) == ("filled", 10, "market")

    page.get_by_role("link", name="Portfolio").click()
    expect(page.locator(".positions tbody tr")).to_contain_text("META")
    expect(page.get_by_label("Money")).to_contain_text("$98,999.00")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("Bought 10 META at $100.10")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("activityId,type,time")
    assert len(lines) == 3


def test_gain_of_today_is_the_brokers_and_moves_with_the_price(trader: Visitor, broker: Broker) -> None:
    """Shares bought a moment ago did not fall since yesterday's close, and what was realised today counts."""
    page = trader.page
    assert trader.client.buy(10).status == 201
    page.get_by_role("link", name="Portfolio").click()
    _shows_the_brokers_gain(trader)
    broker.happen(trade(1_030_000, 100, off_market=False))
    expect(page.locator("#day-gain")).to_contain_text("+$29.00 ")
    _shows_the_brokers_gain(trader)
    assert trader.client.ask("POST", "/order", {"position": "sell", "symbol": "META", "numShares": 10}).status == 201
    expect(page.get_by_text("Nothing yet. Find a symbol above")).to_be_visible()
    expect(page.locator("#day-gain")).to_contain_text("\u2212$2.00 ")
    _shows_the_brokers_gain(trader)


def test_limit_order_rests_and_is_cancelled_with_one_click(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 5, "90")
    expect(ticket(page).locator("[data-sum=after]")).to_have_text("$99,550.00")
    review(page).click()
    placed(page, "Open")
    _all_orders(page)
    row = page.locator(".order")
    expect(row).to_contain_text("Buy 5 META at $90.00 or less")
    row.get_by_role("button", name="What happened").click()
    expect(row.locator(".trail li")).to_have_count(2)
    row.get_by_role("button", name="Cancel: Buy 5 META at $90.00 or less").click()
    expect(row.locator(".badge")).to_have_text("Cancelled")  # where it was, and still unfolded
    expect(row.locator(".trail")).to_contain_text("Cancelling was asked for. you")
    expect(row).to_contain_text("Cancelled: you cancelled it.")
    assert trader.orders()[0]["status"] == "cancelled"


def test_review_stays_in_sight_on_a_phone(trader: Visitor) -> None:
    page = trader.page
    page.set_viewport_size({"width": 390, "height": 700})
    fill_ticket(page, "Buy", 1, "95")
    ticket(page).get_by_role("button", name="Review order").scroll_into_view_if_needed()
    place = review(page)
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    expect(place).to_be_in_viewport()
    place.click()
    placed(page, "Open")
    expect(ticket(page).locator(".placed h3")).to_be_in_viewport()


def test_part_of_the_position_is_sold(trader: Visitor) -> None:
    page = trader.page
    assert trader.client.buy(10).status == 201
    expect(ticket(page)).to_contain_text("10 shares free to sell")
    fill_ticket(page, "Sell", 4)
    expect(ticket(page).locator("[data-sum=cost]")).to_have_text("$400.40")
    place = review(page)
    expect(page.get_by_text(re.compile("Sell 4 META at the market.s price")).first).to_be_visible()
    place.click()
    expect(placed(page, "Filled")).to_contain_text("All 4 shares filled at $99.90 on average.")
    expect(page.locator("[aria-labelledby=position-title] dd").first).to_have_text("6")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("Sold 4 META at $99.90")).to_be_visible()


def test_order_that_fills_bit_by_bit_is_followed(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 9, "99.95")
    review(page).click()
    placed(page, "Open")
    broker.happen(trade(999_500, 4, off_market=False))
    expect(placed(page, "Partly filled")).to_contain_text("4 of 9 filled at $99.95")
    _all_orders(page)
    expect(_row(page, "partially_filled")).to_contain_text("4 of 9 filled at $99.95")
    page.get_by_role("button", name="Cancel: Buy 9 META").click()
    expect(_row(page, "cancelled").locator(".badge")).to_have_text("Rest cancelled")
    assert trader.orders()[0]["filledShares"] == 4


def test_focus_stays_with_an_order_that_is_cancelled(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 5, "90")
    review(page).click()
    placed(page, "Open").get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(placed(page, "Cancelled").get_by_role("heading")).to_be_focused()
    assert trader.client.buy(6, 9_000).status == 201
    _all_orders(page)
    row = page.locator(".order", has_text="Buy 6 META")
    row.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".badge")).to_have_text("Cancelled")
    expect(row.get_by_role("button", name="What happened")).to_be_focused()


def test_same_symbol_picked_again_gives_the_ticket_back(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 3)
    review(page).click()
    placed(page, "Filled")
    page.get_by_label("Watchlist", exact=True).get_by_role("link", name="META").click()
    expect(ticket(page).get_by_label("Shares")).to_have_value("")
    assert len(trader.orders()) == 1


def test_too_dear_or_too_many_is_said_before_it_is_asked(trader: Visitor) -> None:
    page = trader.page
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 5_000)
    expect(ticket(page)).to_contain_text("This needs $525,000.00: the estimated cost and the 5\u00a0% ")
    expect(ticket(page)).to_contain_text("sets aside besides. You have $100,000.00 free.")
    expect(ticket(page).locator("[data-sum=after]")).to_have_text("—")
    fill_ticket(page, "Buy", 996)  # the cash would pay for them, but not for what is set aside
    expect(ticket(page).locator("[data-sum=cost]")).to_have_text("$99,600.00")
    expect(ticket(page)).to_contain_text("This needs $104,580.00: the estimated cost and the 5\u00a0% ")
    expect(ticket(page).locator("[data-sum=after]")).to_have_text("—")
    fill_ticket(page, "Sell", 1)
    expect(ticket(page)).to_contain_text("You have 0 shares free to sell.")
    fill_ticket(page, "Buy", 1, "12.345")
    expect(ticket(page)).to_contain_text("A limit price is dollars and cents")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_disabled()


def test_refusal_of_the_exchange_is_told(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    _set_faults(broker, refuse={"rate": 1, "count": 1})
    fill_ticket(page, "Buy", 1, "90")
    review(page).click()
    expect(ticket(page).get_by_role("alert")).to_have_text("The exchange refused the order.")
    expect(_row(page, "failed")).to_contain_text("Not placed")
    expect(ticket(page).get_by_label("Shares")).to_have_value("1")


def test_double_click_buys_once(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 3, "95")
    review(page).dblclick()
    placed(page, "Open")
    assert len(trader.orders()) == 1


def test_reload_while_the_order_is_in_flight(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    _set_faults(broker, delay_ms={"rate": 1, "ms": 1_200})  # of every request: one alone might be the clean-up's
    fill_ticket(page, "Buy", 4, "95")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/order")):
        review(page).click()
    page.reload()
    placed(page, re.compile("Open|Not confirmed yet"))
    _set_faults(broker)
    placed(page, "Open")
    assert [one["numShares"] for one in trader.orders()] == [4]
    page.reload()
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_visible()
    assert len(trader.orders()) == 1


def test_lost_answer_is_asked_for_by_its_key(trader: Visitor) -> None:
    page = trader.page

    def lose(route: Route) -> None:
        route.fetch()  # the broker does it
        route.abort()

    page.route("**/order", lose)
    fill_ticket(page, "Buy", 6, "95")
    review(page).click()
    placed(page, "Open")
    assert [one["numShares"] for one in trader.orders()] == [6]


def test_lost_request_is_sent_again_under_its_key(trader: Visitor) -> None:
    page = trader.page
    keys: list[str | None] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        if len(keys) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/order", lose_the_first)
    fill_ticket(page, "Buy", 7, "95")
    review(page).click()
    asked = page.get_by_label("Order without an answer")
    expect(asked).to_contain_text("Asking whether it was placed")
    expect(asked).to_contain_text("It can be sent again safely")
    page.get_by_role("link", name="Orders", exact=True).click()
    asked.get_by_role("button", name="Send it again").click()
    expect(_row(page, "submitted")).to_contain_text("Buy 7 META")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert len(trader.orders()) == 1


def test_back_leads_to_the_form_and_never_to_the_same_order_again(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 2, "95")
    review(page)
    page.go_back()
    expect(ticket(page).get_by_label("Shares")).to_have_value("2")
    review(page).click()
    placed(page, "Open")
    page.go_back()
    page.go_forward()
    assert ticket(page).get_by_role("button", name="Place order").count() == 0
    ticket(page).get_by_role("button", name="New order").click()
    expect(ticket(page).get_by_label("Shares")).to_have_value("")
    assert len(trader.orders()) == 1


def test_two_tabs_see_the_same(trader: Visitor) -> None:
    here, there = trader.page, trader.go("orders", trader.tab())
    expect(there.get_by_text("No open orders.")).to_be_visible()
    fill_ticket(here, "Buy", 9, "91")
    review(here).click()
    placed(here, "Open")
    expect(_row(there, "submitted")).to_contain_text("Buy 9 META at $91.00")
    there.get_by_role("button", name="Cancel: Buy 9 META").click()
    placed(here, "Cancelled")


def test_exchange_down_in_mid_order(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    _set_faults(broker, fail={"rate": 1})
    fill_ticket(page, "Buy", 8, "95")
    review(page).click()
    expect(placed(page, "Not confirmed yet")).to_contain_text("The exchange has not confirmed it yet.")
    broker.eventually(
        lambda: trader.client.buy(1, 1).status == 503
    )  # three failures in a row, and it is known to be down
    ticket(page).get_by_role("button", name="New order").click()
    fill_ticket(page, "Buy", 1, "96")
    review(page).click()
    expect(ticket(page).get_by_role("alert")).to_contain_text("nothing was stored")
    waiting = _row(page, "pending").filter(has_text="Buy 8 META")
    expect(waiting).to_have_count(1)
    _set_faults(broker)
    expect(_row(page, "failed").filter(has_text="Buy 8 META")).to_have_count(1)
    assert [one["status"] for one in trader.orders() if one["numShares"] == 8] == ["failed"]
    assert 9_600 not in [one["priceInCents"] for one in trader.orders()]


def test_cut_streams_are_told_and_resumed(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    expect(live(page).first).to_be_visible()
    cut = re.compile("/subscribe|/orders/stream")
    page.route(cut, lambda route: route.abort())
    broker.on_loop(broker.services.streams.close_all())
    expect(page.get_by_text("Connection lost, trying again.")).to_be_visible()
    assert live(page).count() == 0
    assert trader.client.buy(11, 9_400).status == 201
    page.unroute(cut)
    expect(_row(page, "submitted")).to_contain_text("Buy 11 META")
    expect(live(page).first).to_be_visible()
    expect(page.get_by_text("Connection lost")).to_have_count(0)


def test_closed_market_is_told(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    broker.venue.market.open = False
    try:
        broker.eventually(lambda: not trader.client.get("/status")["open"])
        page.reload()
        expect(page.get_by_text("The market is closed.").first).to_be_visible()
        fill_ticket(page, "Buy", 1)
        expect(ticket(page)).to_contain_text("a market order would be refused")
    finally:
        broker.venue.market.open = True
    broker.eventually(lambda: trader.client.get("/status")["open"])
    page.reload()
    expect(live(page).first).to_be_visible()
    expect(page.get_by_text("The market is closed.")).to_have_count(0)


_INSIDE = """() => {
  const card = document.querySelector("[aria-labelledby=position-title]").getBoundingClientRect();
  return [...document.querySelectorAll("[aria-labelledby=position-title] dd")].every((part) => {
    const all = document.createRange();
    all.selectNodeContents(part);
    return all.getBoundingClientRect().right <= card.right - 16;
  });
}"""
_BROKEN_AMOUNTS = """() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const broken = [];
  let seen = 0;
  while (texts.nextNode()) {
    for (const { 0: amount, index } of texts.currentNode.data.matchAll(/\\u2212\\$[\\d,.]+/g)) {
      const all = document.createRange();
      all.setStart(texts.currentNode, index);
      all.setEnd(texts.currentNode, index + amount.length);
      seen += 1;
      if (new Set([...all.getClientRects()].map((line) => line.top)).size > 1) broken.push(amount);
    }
  }
  return { seen, broken };
}"""


def test_amounts_stay_whole_and_within_their_card(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    assert trader.client.buy(300).status == 201
    broker.happen(trade(990_000, 100, off_market=False))
    position = page.locator("[aria-labelledby=position-title]")
    expect(position).to_contain_text("\u2212$330.00")
    assert page.evaluate(_INSIDE)
    page.get_by_role("link", name="Portfolio").click()
    expect(page.locator("#day-gain")).to_contain_text("\u2212$330.00")
    for width in range(320, 480, 20):
        page.set_viewport_size({"width": width, "height": 700})
        found = page.evaluate(_BROKEN_AMOUNTS)
        assert found["seen"] >= 2
        assert found["broken"] == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_orders_of_a_symbol_say_that_there_are_older_ones(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 390, "height": 844}).sign_up()
    for _ in range(6):
        assert visitor.client.ask("POST", "/order", {"position": "buy", "symbol": "AAPL", "numShares": 1}).status == 201
    page = visitor.go("symbol/AAPL")
    expect(page.get_by_text("Older ones are not shown here")).to_be_visible()
    rows = page.locator(".order-wish small")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("filled at $")
    assert rows.first.evaluate("(row) => row.getClientRects().length === 1 && row.offsetHeight < 30")  # one line
    page.get_by_role("link", name="all orders").click()
    expect(page.locator(".order")).to_have_count(6)


def _all_orders(page: Page) -> None:
    """The symbol's screen has its orders too: until it has given way, they are what would be found."""
    page.get_by_role("link", name="All orders").click()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_focused()
