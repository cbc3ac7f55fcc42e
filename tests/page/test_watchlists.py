"""Lists that go: by one's own hand, asked first, and by another's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.page.axe import violations
from tests.page.visitor import Visitor

PLACES = """() => JSON.stringify(
  [...document.querySelectorAll(".name-form, .delete-list, .watched, main h1")].map((part) => part.getBoundingClientRect()))"""


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
