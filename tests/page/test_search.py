"""The search, where answers take their time."""

import re

from playwright.sync_api import Page, expect

from tests.page.visitor import Visitor, fill_ticket, review

_SLOW = {"offline": False, "latency": 500, "downloadThroughput": -1, "uploadThroughput": -1}


def test_enter_waits_for_the_answer_to_what_was_typed(trader: Visitor) -> None:
    """What stands in the list meanwhile was found for something else."""
    page = trader.go("orders")
    _type(page, "AA")
    expect(page.get_by_role("option", name="AAPL")).to_be_visible()
    _slow_down(page)
    _type(page, "META")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#/symbol/"))
    expect(page.get_by_role("heading", name="META", exact=True)).to_be_focused()


def test_enter_before_any_answer_opens_the_first_one(trader: Visitor) -> None:
    page = trader.page
    _slow_down(page)
    _type(page, "aapl")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="AAPL", exact=True)).to_be_focused()


def test_enter_is_forgotten_when_something_else_is_typed(trader: Visitor) -> None:
    page = trader.page
    _slow_down(page)
    _type(page, "AA")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page).to_have_url(re.compile("#/symbol/META"))


def test_search_is_empty_on_another_screen_and_kept_in_the_review(trader: Visitor) -> None:
    page = trader.page
    search = page.get_by_role("combobox", name="Search")
    _type(page, "zzzz")
    expect(page.get_by_text("Nothing trades here by “zzzz”.")).to_be_visible()
    fill_ticket(page, "Buy", 1, "95")
    review(page)
    expect(search).to_have_value("zzzz")
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    expect(search).to_have_value("")


def _type(page: Page, text: str) -> None:
    page.get_by_role("combobox", name="Search").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def _slow_down(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _SLOW)
