"""Activity of somebody who has much of it."""

import time
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect

from tests.page.visitor import Visitor
from tests.portfolio.books import Paid
from tests.web.broker import Broker

ROWS_OF_AN_ANSWER = 10_000  # of CSV
PAGES_MAX = 50


def test_double_click_on_older_shows_each_entry_once(trader: Visitor, broker: Broker) -> None:
    _pay(trader, broker, 169)
    page = trader.go("activity")
    with page.expect_response("**/activity?*cursor=*"):
        page.get_by_role("button", name="Older").dblclick()
    expect(_entries(page)).to_have_count(100)
    page.get_by_role("button", name="Older").click()
    expect(_entries(page)).to_have_count(150)
    page.get_by_role("button", name="Older").click()
    expect(_entries(page)).to_have_count(170)
    shown = _entries(page).all_inner_texts()
    assert len(set(shown)) == 170


def test_file_has_every_entry(trader: Visitor, broker: Broker) -> None:
    _pay(trader, broker, 2 * ROWS_OF_AN_ANSWER + 300)
    page = trader.go("activity")
    heading, *rows = _file(page).read_text().splitlines()
    assert heading.startswith("activityId,type,time")
    assert len(set(rows)) == len(rows) == 2 * ROWS_OF_AN_ANSWER + 301  # with the first cash
    expect(page.locator(".said").last).to_be_empty()


def test_file_that_has_not_everything_is_said_so(trader: Visitor) -> None:
    asked: list[str] = []

    def always_more(route: Route) -> None:
        if "text/csv" not in (route.request.header_value("accept") or ""):
            route.fallback()
            return
        asked.append(route.request.url)
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"link": '</activity>; rel="next"'})

    trader.page.route("**/activity", always_more)
    page = trader.go("activity")
    _file(page)
    expect(page.get_by_text("the oldest entries are not in it")).to_be_visible()
    assert len(asked) == PAGES_MAX


def _pay(trader: Visitor, broker: Broker, times: int) -> None:
    """After the first cash, each a millisecond later and another amount."""
    user_id = trader.client.get("/session")["user"]["userId"]
    now_ms = int(time.time() * 1000)
    broker.book(user_id, [Paid(now_ms + number, 100 + number) for number in range(times)])


def _file(page: Page) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    return download.value.path()


def _entries(page: Page) -> Locator:
    return page.locator(".entries li")
