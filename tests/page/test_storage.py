"""A browser that keeps nothing: storage is forbidden, or has no room left."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.visitor import PASSWORD, Visitor, fill_ticket, live, placed, review
from tests.web.broker import Broker

# What browsers do for a site that may keep nothing.
_FORBIDDEN = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied", "SecurityError"); } });
"""
_FILL = """for (const storage of [localStorage, sessionStorage])
    for (let chars = 4_194_304; chars >= 1; chars = Math.floor(chars / 2))
        for (let fits = true; fits; ) {
            try {
                storage.setItem(`filled ${storage.length}`, "x".repeat(chars));
            } catch {
                fits = false;
            }
        }
"""


@pytest.mark.parametrize("why", ["forbidden", "full"])
def test_page_works_where_nothing_is_kept(browser: Browser, broker: Broker, why: str) -> None:
    with Visitor(browser, broker.port) as visitor:
        page = _door(visitor, why)
        page.get_by_role("button", name="Open an account").click()
        page.get_by_label("Email").fill(visitor.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Open account").click()
        expect(page.locator("#equity")).to_have_text("$100,000.00")

        for name in ("Fruit", "Steel"):
            page.get_by_role("button", name="New list").click()
            page.get_by_label("Name of the new list").fill(name)
            page.keyboard.press("Enter")
            expect(page.locator("select option:checked")).to_have_text(name)
        page.get_by_label("Watchlist shown").select_option(label="Fruit")
        theme = page.get_by_role("button", name="Dark theme")
        theme.click()
        expect(theme).to_have_attribute("aria-pressed", "true")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate("new Promise(requestAnimationFrame)")  # it is told of before the next frame
        expect(theme).to_have_attribute("aria-pressed", "true")  # chosen, though it could not be kept

        page.evaluate("location.hash = '#/symbol/META'")
        expect(live(page).first).to_be_visible()
        fill_ticket(page, "Buy", 3, "95")
        review(page).dblclick()
        placed(page, "Open")
        assert [one["numShares"] for one in visitor.orders()] == [3]
        page.reload()
        expect(page.locator('.order[data-status="submitted"]')).to_contain_text("Buy 3 META")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in to Locksley")).to_be_visible()


def _door(visitor: Visitor, why: str) -> Page:
    if why == "forbidden":
        visitor.context.add_init_script(_FORBIDDEN)
    page = visitor.go()
    if why == "full":
        page.evaluate(_FILL)
        page.reload()
    expect(page.get_by_role("heading", name="Sign in to Locksley")).to_be_visible()
    return page
