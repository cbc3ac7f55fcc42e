from collections.abc import Callable

from playwright.sync_api import expect

from tests.page.visitor import PASSWORD, Visitor, live


def test_sign_up_out_and_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go()
    page.get_by_role("button", name="Open an account").click()
    page.get_by_label("Email").fill(visitor.email)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Open account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open account").click()
    expect(page.locator("#equity")).to_have_text("$100,000.00")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Locksley")).to_be_visible()
    page.get_by_label("Email").fill(visitor.email)
    page.get_by_label("Password").fill("something else entirely")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The email or the password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(live(page).first).to_be_visible()


def test_session_that_ends_shows_the_door_in_every_tab(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    here, there = visitor.go("orders"), visitor.go("symbol/AAPL", visitor.tab())
    expect(live(there).first).to_be_visible()
    here.get_by_role("button", name="Sign out").click()
    for tab in (here, there):
        expect(tab.get_by_role("heading", name="Sign in to Locksley")).to_be_visible()
        assert tab.get_by_text("AAPL").count() == 0


def test_session_ended_elsewhere_is_told(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("orders")
    expect(page.get_by_text("No open orders.")).to_be_visible()
    assert visitor.client.ask("DELETE", "/session").status == 204
    page.evaluate("location.hash = '#/activity'")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
