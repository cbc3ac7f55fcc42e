"""Lists that go: by one's own hand, asked first, and by another's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.page.axe import violations
from tests.page.visitor import Visitor

PLACES = """() => JSON.stringify(
  [...document.querySelectorAll(".name-form, .delete-list, .watched, main h1")].map((part) => part.getBoundingClientRect()))"""

MAIN = """() => JSON.stringify(
  [...document.querySelectorAll(".symbol-head, .big, .chart, .ticket")].map((part) => part.getBoundingClientRect()))"""


def _names(visitor: Visitor) -> list[str]:
    return [one["name"] for one in visitor.client.get("/watchlists")]


def _with_lists(visitor: Visitor, **lists: list[str]) -> dict[str, str]:
    """Their ids."""
    made = {}
    for name, symbols in lists.items():
        answer = visitor.client.ask("POST", "/watchlists", {"name": name, "symbols": symbols})
        made[name] = answer.json["watchlistId"]
    return made


@pytest.mark.parametrize("width", [1280, 320])
def test_list_is_deleted_only_after_a_question(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 850}).sign_up()
    _with_lists(visitor, Fruit=["AAPL", "MSFT"], Oil=["XOM"])
    page = visitor.go()
    page.get_by_role("button", name="Edit").click()
    begin = page.get_by_role("button", name="Delete this list")
    expect(begin).to_be_visible()
    before = page.evaluate(PLACES)
    begin.dblclick()
    question = page.get_by_role("group", name="Delete this list?")
    keep = question.get_by_role("button", name="Keep it")
    expect(keep).to_be_focused()
    assert page.evaluate(PLACES) == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    for key in ("Enter", "Escape"):
        page.keyboard.press(key)
        expect(begin).to_be_focused()
        expect(question).to_have_count(0)
        assert page.evaluate(PLACES) == before
        page.keyboard.press("Enter")
        expect(keep).to_be_focused()
    assert _names(visitor) == ["Fruit", "Oil"]
    page.get_by_label("Watchlist shown").select_option("Oil")
    expect(question).to_have_count(0)  # it was about the other one
    page.get_by_label("Watchlist shown").select_option("Fruit")
    begin.focus()
    page.keyboard.press("Enter")
    expect(keep).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Watchlist shown").locator("option")).to_have_text(["Oil"])
    expect(page.get_by_role("button", name="New list")).to_be_focused()
    assert _names(visitor) == ["Oil"]


@pytest.mark.parametrize("others", [{"Oil": ["XOM"]}, {}], ids=["another", "none"])
def test_list_that_was_deleted_elsewhere_is_told_and_moves_nothing(
    visit: Callable[..., Visitor], others: dict[str, list[str]]
) -> None:
    visitor = visit().sign_up()
    ids = _with_lists(visitor, Fruit=["AAPL"], **others)
    page = visitor.go("symbol/MSFT")
    expect(page.get_by_label("Watchlist shown").locator("option:checked")).to_have_text("Fruit")
    expect(page.locator(".chart canvas").first).to_be_visible()
    before = page.evaluate(MAIN)
    assert visitor.client.ask("DELETE", f"/watchlists/{ids['Fruit']}").status == 204
    page.get_by_role("button", name="Follow").click()
    told = page.get_by_role("status").get_by_text("Your list \u201cFruit\u201d was deleted elsewhere")
    expect(told).to_be_visible()
    assert page.evaluate(MAIN) == before
    if others:
        expect(page.get_by_label("Watchlist shown").locator("option")).to_have_text(["Oil"])
        expect(page.locator(".watched li b")).to_have_text(["XOM"])
    else:
        expect(page.locator(".list-name")).to_have_text("Well known")
        expect(page.locator(".watched li").nth(1)).to_be_visible()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    expect(told).to_have_count(0)  # by itself
    [left] = visitor.client.get("/watchlists")
    assert left["symbols"][-1] == "MSFT"


def test_list_that_was_deleted_elsewhere_is_deleted_here(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    ids = _with_lists(visitor, Fruit=["AAPL"], Oil=["XOM"])
    page = visitor.go()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Delete this list").click()
    assert visitor.client.ask("DELETE", f"/watchlists/{ids['Fruit']}").status == 204
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_label("Watchlist shown").locator("option")).to_have_text(["Oil"])
    expect(page.get_by_text("was deleted elsewhere")).to_be_visible()
    expect(page.get_by_role("button", name="New list")).to_be_focused()


def test_following_that_fails_is_told_and_moves_nothing(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    _with_lists(visitor, Fruit=["AAPL"])
    page = visitor.go("symbol/MSFT")
    expect(page.locator(".chart canvas").first).to_be_visible()
    before = page.evaluate(MAIN)
    page.route("**/watchlists/*", lambda route: route.abort())
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("status").get_by_text("The broker did not answer.")).to_be_visible()
    assert page.evaluate(MAIN) == before


def test_two_removals_at_once_are_both_done(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.client.ask("POST", "/watchlists", {"name": "Mine", "symbols": ["META", "AAPL", "MSFT"]})
    page = visitor.go("symbol/MSFT")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("button", name="Remove META")).to_be_visible()
    page.evaluate(
        'document.querySelectorAll(\'[aria-label^="Remove META"], [aria-label^="Remove AAPL"]\').forEach((one) => one.click())'
    )
    expect(page.locator(".watched b")).to_have_count(1)
    assert [one["symbols"] for one in visitor.client.get("/watchlists")] == [["MSFT"]]


def test_following_twice_makes_one_list(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/NFLX")
    follow = page.get_by_role("button", name="Follow", exact=True)
    follow.evaluate("(button) => { button.click(); button.click(); }")
    expect(page.get_by_role("button", name="Following", exact=True)).to_be_visible()
    assert [one["symbols"].count("NFLX") for one in visitor.client.get("/watchlists")] == [1]


def test_two_tabs_follow_into_one_list(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.client.ask("POST", "/watchlists", {"name": "Mine", "symbols": []})
    tabs = [visitor.go("symbol/META"), visitor.go("symbol/AAPL", visitor.tab())]
    for page in tabs:
        expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    for page in tabs:
        page.get_by_role("button", name="Follow", exact=True).click()
        expect(page.get_by_role("button", name="Follow", exact=True)).to_have_count(0)
    assert [one["symbols"] for one in visitor.client.get("/watchlists")] == [["META", "AAPL"]]
