"""The order ticket under hurried hands, lost answers and people who look elsewhere meanwhile."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.visitor import Visitor, fill_ticket, live, placed, review, ticket
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker

# What stands between the page and the broker may answer in its stead: not all of it, and in words of its own.
STRANGE = {
    "gateway time-out": (504, "text/html", "<h1>504 Gateway Time-out</h1>"),
    "bad gateway": (502, "text/html", ""),
    "request time-out": (408, "text/plain", "Request Timeout"),
    "another's problem": (403, "application/problem+json", '{"code": "blocked", "detail": "Blocked by a rule."}'),
    "still running": (409, "application/problem+json", '{"code": "request_in_progress", "detail": "Still running."}'),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_answer_that_is_not_the_brokers_is_no_refusal(trader: Visitor, strange: str) -> None:
    page = trader.page
    status, content_type, body = STRANGE[strange]

    def taken_and_lost(route: Route) -> None:
        route.fetch()
        route.fulfill(status=status, content_type=content_type, body=body)

    page.route("**/order", taken_and_lost)
    fill_ticket(page, "Buy", 6, "95")
    review(page).click()
    placed(page, "Open")
    assert [one["numShares"] for one in trader.orders()] == [6]


@pytest.mark.parametrize("code", ["exchange_unavailable", "storage_unavailable", "too_many_requests", "account_frozen"])
def test_refusal_of_the_broker_is_told_at_once(trader: Visitor, code: str) -> None:
    page = trader.page
    body = f'{{"code": "{code}", "detail": "Not now."}}'
    page.route("**/order", lambda route: route.fulfill(status=503, content_type="application/problem+json", body=body))
    fill_ticket(page, "Buy", 6, "95")
    review(page).click()
    expect(ticket(page).get_by_role("alert")).to_have_text("Not now.")
    assert page.evaluate("sessionStorage.getItem('locksley.intent')") is None


def _hold(page: Page) -> list[Route]:
    """Orders wait on their way in; fulfil or continue what is in the list."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/order", hold)
    return held


def _place_and_look_elsewhere(page: Page, link: str) -> Route:
    held = _hold(page)
    fill_ticket(page, "Buy", 4, "95")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/order")):
        review(page).click()
    page.locator(f"a[href='#/{'symbol/AAPL' if link == 'AAPL' else link.lower()}']").first.click()
    expect(page.get_by_role("heading", name=link, exact=True)).to_be_focused()
    [route] = held
    return route


@pytest.mark.parametrize("link", ["AAPL", "Orders"])
def test_answer_that_came_elsewhere_clears_the_ticket_and_its_review(trader: Visitor, link: str) -> None:
    page = trader.page
    route = _place_and_look_elsewhere(page, link)
    with page.expect_response("**/order"):
        route.continue_()
    page.wait_for_function("sessionStorage.getItem('locksley.intent') === null")
    page.get_by_role("link", name="Portfolio").click()
    expect(page.get_by_role("heading", name="Portfolio")).to_be_focused()
    page.get_by_label("Watchlist", exact=True).get_by_role("link", name="AAPL").click()
    expect(page.get_by_role("heading", name="AAPL", exact=True)).to_be_focused()
    for screen in ("Portfolio", link, "META", "META"):
        page.go_back()
        expect(page.get_by_role("heading", name=screen, exact=True)).to_be_visible()
        assert not page.url.endswith("/review")
        assert page.get_by_role("button", name="Place order").count() == 0
    page.get_by_label("Watchlist", exact=True).get_by_role("link", name="AAPL").click()
    page.get_by_label("Watchlist", exact=True).get_by_role("link", name="META").click()
    expect(page.get_by_role("heading", name="META", exact=True)).to_be_visible()
    if ticket(page).locator(".placed").count():
        ticket(page).get_by_role("button", name="New order").click()
    expect(ticket(page).get_by_label("Shares")).to_have_value("")
    assert len(trader.orders()) == 1


def test_place_in_the_history_is_no_review(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 4, "95")
    review(page)
    page.go_back()
    expect(ticket(page).get_by_label("Shares")).to_have_value("4")
    page.go_forward()
    expect(page).to_have_url(re.compile("#/symbol/META$"))
    expect(ticket(page).get_by_label("Shares")).to_have_value("4")
    page.evaluate("location.hash = '#/symbol/META/review'")
    expect(page).to_have_url(re.compile("#/symbol/META$"))
    expect(ticket(page).get_by_label("Shares")).to_have_value("4")


def test_typing_after_a_reload_never_makes_a_review(trader: Visitor) -> None:
    page = trader.page
    fill_ticket(page, "Buy", 10)
    expect(review(page)).to_be_visible()
    page.reload()
    expect(page).to_have_url(re.compile("#/symbol/META$"))
    expect(live(page).first).to_be_visible()
    ticket(page).get_by_label("Shares").press_sequentially("25")
    expect(ticket(page).get_by_label("Shares")).to_have_value("25")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()


def test_review_that_fell_away_does_not_come_back_by_itself(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 940)
    expect(review(page)).to_be_visible()
    broker.happen(trade(1_030_000, 100, off_market=False))
    expect(ticket(page)).to_contain_text("You have $100,000.00 free.")
    expect(page).to_have_url(re.compile("#/symbol/META$"))
    broker.happen(trade(1_000_000, 100, off_market=False))
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()
    assert ticket(page).get_by_label("Shares").input_value() == "940"


_PRESS_TWICE = """(form) => {
  const press = (name) => [...form.querySelectorAll("button")].find((one) => one.textContent.includes(name)).click();
  press("Review order");
  press("Place order");
}"""


def test_double_click_on_review_places_nothing(trader: Visitor) -> None:
    """Where one button was is the other one then."""
    page = trader.page
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 2)
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()
    asked = len(trader.asked)
    ticket(page).evaluate(_PRESS_TWICE)
    place = ticket(page).get_by_role("button", name="Place order")
    expect(place).to_be_enabled()
    assert [one.url for one in trader.asked[asked:] if one.method == "POST"] == []
    place.click()
    placed(page, "Filled")
    assert len(trader.orders()) == 1


@pytest.mark.parametrize(
    ("shares", "limit", "said"),
    [
        ("25", "12,50", "Cents come after a point, such as 12.50"),
        ("25", "1,2", "Cents come after a point"),
        ("25", "1,25.00", "Cents come after a point"),
        ("25", "1234,500", "Cents come after a point"),
        ("25", "1000000", "A limit price is at most $999,999.99."),
        ("25", "12345678901234567890", "A limit price is at most $999,999.99."),
        ("1000000000", "12.50", "Whole shares, from 1 to 1,000,000"),
        ("1000001", "12.50", "Whole shares, from 1 to 1,000,000"),
        ("1,5", "12.50", "Whole shares, from 1 to 1,000,000"),
    ],
)
def test_number_that_is_none_is_said_to_be_so(trader: Visitor, shares: str, limit: str, said: str) -> None:
    """Nothing is cut off or read as another number."""
    page = trader.page
    fill_ticket(page, "Buy", 25, "12.50")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()
    for label, text in (("Shares", shares), ("Limit price", limit)):
        ticket(page).get_by_label(label).fill("")
        page.keyboard.insert_text(text)  # as if pasted: `maxlength` holds for it
        expect(ticket(page).get_by_label(label)).to_have_value(text)
    expect(ticket(page).get_by_role("status")).to_contain_text(said)
    expect(ticket(page).locator("[data-sum=cost]")).to_have_text("\u2014")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_disabled()


@pytest.mark.parametrize(
    ("limit", "cost"), [("$1,000.50", "$1,000.50"), ("12.5", "$12.50"), (" 007 ", "$7.00"), ("10,000", "$10,000.00")]
)
def test_number_as_people_write_it(trader: Visitor, limit: str, cost: str) -> None:
    fill_ticket(trader.page, "Buy", 1, limit)
    expect(ticket(trader.page).locator("[data-sum=cost]")).to_have_text(cost)
    expect(ticket(trader.page).get_by_role("button", name="Review order")).to_be_enabled()


def test_market_order_waits_for_a_price(trader: Visitor) -> None:
    page = trader.page
    prices = re.compile("/subscribe|/symbols")
    page.route(prices, lambda route: route.abort())
    page.reload()
    fill_ticket(page, "Buy", 5)
    expect(ticket(page).get_by_role("status")).to_have_text("The price is not known yet. A limit order needs none.")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_disabled()
    fill_ticket(page, "Buy", 5, "95")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()
    page.unroute(prices)
    fill_ticket(page, "Buy", 5)
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()


def _answer(route: Route, status: int, code: str, detail: str) -> None:
    route.fulfill(
        status=status,
        content_type="application/problem+json",
        body=f'{{"code": "{code}", "detail": "{detail}"}}',
    )


@pytest.mark.parametrize("link", ["AAPL", "Orders"])
def test_refusal_is_told_to_whoever_looks_elsewhere(trader: Visitor, link: str) -> None:
    page = trader.page
    route = _place_and_look_elsewhere(page, link)
    told = page.get_by_label("Order on its way")
    expect(told).to_contain_text("Buy 4 META at $95.00 or less: being placed")
    _answer(route, 503, "exchange_unavailable", "Nothing was stored.")
    expect(told).to_contain_text("Buy 4 META at $95.00 or less: not placed. Nothing was stored.")
    page.get_by_role("link", name="Portfolio").click()
    expect(told).to_contain_text("not placed")
    told.get_by_role("link", name="Go to META").click()
    expect(ticket(page).get_by_role("alert")).to_have_text("Nothing was stored.")
    expect(told).to_have_count(0)
    expect(ticket(page).get_by_label("Shares")).to_have_value("4")
    page.get_by_role("link", name="Portfolio").click()
    expect(page.get_by_role("heading", name="Portfolio")).to_be_focused()
    assert told.count() == 0  # it was read


def test_order_placed_while_looking_elsewhere_is_told_until_it_is_closed(trader: Visitor) -> None:
    page = trader.page
    route = _place_and_look_elsewhere(page, "Orders")
    route.continue_()
    told = page.get_by_label("Order on its way")
    expect(told).to_contain_text("Buy 4 META at $95.00 or less: The exchange has it.")
    told.get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    expect(told).to_have_count(0)
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_focused()


def test_order_sent_again_elsewhere_and_refused_is_told(trader: Visitor) -> None:
    page = trader.page
    held = _hold(page)
    fill_ticket(page, "Buy", 4, "95")
    review(page).click()
    expect(page.get_by_role("heading", name="Placing your order")).to_be_visible()
    held.pop().abort()
    asked = page.get_by_label("Order without an answer")
    expect(asked).to_contain_text("It can be sent again safely")
    page.get_by_role("link", name="Orders", exact=True).click()
    asked.get_by_role("button", name="Send it again").click()
    told = page.get_by_label("Order on its way")
    expect(told).to_contain_text("being placed")
    _answer(held.pop(), 503, "exchange_unavailable", "Nothing was stored.")
    expect(told).to_contain_text("not placed. Nothing was stored.")


def test_focus_stays_with_the_ticket(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    title = page.get_by_role("heading", name="Order ticket for META")
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 1, "90")
    review(page)
    ticket(page).get_by_role("button", name="Change").focus()
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    _press_place(page)
    expect(placed(page, "Open").get_by_role("heading")).to_be_focused()
    ticket(page).get_by_role("button", name="New order").focus()
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    fill_ticket(page, "Buy", 2, "90")
    page.route("**/order", lambda route: _answer(route, 422, "exchange_refused", "No."))
    _press_place(page)
    expect(ticket(page).get_by_role("alert")).to_have_text("No.")
    expect(title).to_be_focused()
    page.unroute("**/order")
    page.route("**/order", lambda route: route.abort())
    _press_place(page)
    leave = page.get_by_role("button", name="Leave it")
    expect(leave).to_be_visible()
    expect(title).to_be_focused()
    leave.focus()
    page.keyboard.press("Enter")
    expect(leave).to_have_count(0)
    expect(title).to_be_focused()


def _press_place(page: Page) -> None:
    place = review(page)
    place.focus()
    expect(place).to_be_enabled()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("side", "at_once_cents", "waits_cents"), [("Buy", 9_995, 10_005), ("Sell", 10_005, 9_995)])
def test_limit_that_is_met_is_said_to_fill_at_once(
    trader: Visitor, broker: Broker, side: str, at_once_cents: int, waits_cents: int
) -> None:
    page = trader.page
    assert trader.client.buy(5).status == 201
    expect(ticket(page)).to_contain_text("5 shares free to sell")
    fill_ticket(page, side, 5, "100")
    place = review(page)
    tops = []
    for cents, said in ((waits_cents, "It stays open until"), (at_once_cents, "so it can fill at once. What does not")):
        broker.happen(trade(cents * 100, 100, off_market=False))
        expect(ticket(page)).to_contain_text(said)
        tops.append(place.evaluate("(button) => button.offsetTop"))
    assert tops[0] == tops[1]
    broker.happen(trade(1_000_000, 100, off_market=False))
    expect(ticket(page)).to_contain_text("so it can fill at once")


def test_what_happened_names_no_part_of_the_broker(trader: Visitor) -> None:
    page = trader.page
    assert trader.client.buy(5, 9_000).status == 201
    row = page.locator(".order", has_text="Buy 5 META")
    row.get_by_role("button", name="What happened").click()
    steps = row.locator(".trail li > span")
    expect(steps).to_have_text(["Order taken; what it needs was set aside. you", "The exchange took it."])
    row.get_by_role("button", name="Cancel: Buy 5 META").click()
    expect(steps).to_have_count(4)
    expect(steps.nth(2)).to_have_text("Cancelling was asked for. you")
    expect(steps.nth(3)).to_have_text("The exchange closed it.")
