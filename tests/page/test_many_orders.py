"""Orders of somebody who has more of them than are read at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.page.visitor import Visitor
from tests.web.broker import Broker

NEWEST = 50  # that the page reads, open or not

_HIDE = """(state) => {
    Object.defineProperty(document, "hidden", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def hurried_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("hurried_broker"), orders_per_second_per_person=1_000) as broker:
        yield broker


@pytest.fixture
def regular(browser: Browser, hurried_broker: Broker) -> Iterator[Visitor]:
    """An order of 7 META rests, and more than are read at once are newer."""
    with Visitor(browser, hurried_broker.port).sign_up() as visitor:
        assert visitor.client.buy(7, 9_000).status == 201
        for _ in range(NEWEST + 1):
            assert visitor.client.buy(1).status == 201
        yield visitor


def test_open_order_is_shown_however_old_it_is(regular: Visitor) -> None:
    page = regular.go("orders")
    expect(page.locator("[aria-labelledby=past-title] .order")).to_have_count(NEWEST)
    expect(_open(page)).to_have_count(1)
    expect(_open(page)).to_contain_text("Buy 7 META at $90.00 or less")
    page.get_by_role("button", name="Older orders").click()
    expect(page.locator(".order")).to_have_count(NEWEST + 2)
    page.evaluate("location.hash = '#/symbol/META'")
    page.reload()
    expect(page.locator(".order", has_text="Buy 7 META at $90.00 or less")).to_be_visible()


def _cancelled_behind_a_hidden_tab(regular: Visitor) -> tuple[Page, str]:
    """The page, still hidden, and the order's id."""
    page = regular.go("orders")
    expect(_open(page)).to_have_count(1)
    with page.expect_event("requestfailed", lambda request: "/orders/stream" in request.url):
        page.evaluate(_HIDE, True)
    [order_id] = [one["orderId"] for one in regular.client.get("/orders?status=submitted")]
    assert regular.client.ask("DELETE", f"/order/{order_id}").status == 200
    return page, order_id


def test_old_open_order_that_settled_while_the_tab_was_hidden(regular: Visitor) -> None:
    page, _ = _cancelled_behind_a_hidden_tab(regular)
    page.evaluate(_HIDE, False)
    expect(_open(page).locator(".badge")).to_have_text("Cancelled")
    assert page.get_by_role("button", name="Cancel: Buy 7 META").count() == 0


def test_old_open_order_that_was_archived_while_the_tab_was_hidden(regular: Visitor) -> None:
    page, order_id = _cancelled_behind_a_hidden_tab(regular)
    gone = {"code": "not_found", "title": "Not Found", "status": 404, "detail": "There is no such order."}
    page.route(f"**/order/{order_id}", lambda route: route.fulfill(status=404, json=gone))
    page.evaluate(_HIDE, False)
    expect(_open(page)).to_have_count(0)
    expect(page.locator("[aria-labelledby=past-title] .order")).to_have_count(NEWEST)


def test_more_open_orders_than_are_read_is_said(regular: Visitor) -> None:
    def always_more(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"link": '</orders?status=submitted>; rel="next"'})

    regular.page.route("**/orders?status=submitted*", always_more)
    page = regular.go("orders")
    expect(page.get_by_text("You have more open orders than are shown here.")).to_be_visible()
    expect(_open(page)).to_have_count(1)
    asked = [one.url for one in regular.asked if "status=submitted" in one.url]
    assert len(asked) == 10


def _open(page: Page) -> Locator:
    return page.locator("[aria-labelledby=open-title] .order")
