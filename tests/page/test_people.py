from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.operator.conftest import Operator
from tests.page.visitor import PASSWORD, Visitor, fill_ticket, live, review, ticket
from tests.web.broker import Broker


def test_sign_up_out_and_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go()
    page.get_by_role("button", name="Open an account").click()
    page.get_by_label("Email").fill(visitor.email)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Open account").click()
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_have_accessible_description("A password has at least 8 characters; this one has 5.")
    expect(page.get_by_text("this one has 5")).to_be_visible()
    password.fill(PASSWORD)
    expect(password).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Open account").click()
    expect(page.locator("#equity")).to_have_text("$100,000.00")
    expect(page.get_by_role("heading", name="Portfolio")).to_be_focused()

    page.get_by_role("link", name="Orders", exact=True).click()
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Locksley")).to_be_visible()
    assert refused == []
    page.get_by_label("Email").fill(visitor.email)
    page.get_by_label("Password").fill("something else entirely")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The email or the password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(live(page).first).to_be_visible()


@pytest.fixture(scope="module")
def by_invitation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Path]]:
    data_dir = tmp_path_factory.mktemp("by_invitation")
    with Broker(data_dir, sign_up="invitation") as broker:
        yield broker, data_dir


def test_sign_up_by_invitation(browser: Browser, by_invitation: tuple[Broker, Path]) -> None:
    """The field is there once the broker has asked for it."""
    broker, data_dir = by_invitation
    code = Operator(data_dir).run("admin", "invite", "a visitor").out.strip()
    with Visitor(browser, broker.port) as visitor:
        page = visitor.go()
        page.get_by_role("button", name="Open an account").click()
        page.get_by_label("Email").fill(visitor.email)
        page.get_by_label("Password").fill(PASSWORD)
        assert page.get_by_label("Invitation").count() == 0
        page.get_by_role("button", name="Open account").click()
        expect(page.get_by_role("alert")).to_contain_text("needs an invitation")
        expect(page.get_by_label("Invitation")).to_be_focused()
        page.get_by_label("Invitation").fill("li_nonsense")
        page.get_by_role("button", name="Open account").click()
        expect(page.get_by_role("alert")).to_contain_text("used, revoked or expired")
        page.get_by_label("Invitation").fill(f" {code} ")
        page.keyboard.press("Enter")
        expect(page.locator("#equity")).to_have_text("$100,000.00")


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


def test_after_a_session_that_ended_the_next_person_finds_nothing(trader: Visitor, broker: Broker) -> None:
    page = trader.page
    _leave_things_behind(trader)
    trader.go("orders")
    expect(page.locator(".order")).to_have_count(1)
    _end_session(trader, broker)
    next_email = f"next-{trader.email}"
    answer = trader.context.request.post(f"{trader.url}/users", data={"email": next_email, "password": PASSWORD})
    assert answer.status == 201
    _enter(page, next_email)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_text("No open orders.")).to_be_visible()
    assert page.locator(".order").count() == 0
    page.evaluate("location.hash = '#/symbol/META'")
    expect(ticket(page).get_by_label("Shares")).to_have_value("")
    expect(page.get_by_text("You have no META.")).to_be_visible()
    page.evaluate("location.hash = '#/symbol/AAPL'")
    expect(ticket(page).get_by_label("Shares")).to_have_value("")
    assert page.get_by_label("Order without an answer").count() == 0
    fill_ticket(page, "Buy", 1, "80")
    expect(ticket(page).get_by_role("button", name="Review order")).to_be_enabled()
    assert trader.orders() == []


def test_after_a_session_that_ended_the_same_person_finds_everything(trader: Visitor, broker: Broker) -> None:
    """The order without an answer too, under its key."""
    page = trader.page
    key = _leave_things_behind(trader)
    _end_session(trader, broker)
    _enter(page, trader.email)
    asked = page.get_by_label("Order without an answer")
    expect(asked).to_contain_text("It can be sent again safely")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/order")) as sent:
        asked.get_by_role("button", name="Send it again").click()
    assert sent.value.header_value("idempotency-key") == key
    expect(ticket(page).get_by_label("Shares")).to_have_value("9")
    page.evaluate("location.hash = '#/orders'")
    expect(page.locator('.order[data-status="submitted"]')).to_have_count(2)
    assert sorted(one["numShares"] for one in trader.orders()) == [3, 4]


def _leave_things_behind(trader: Visitor) -> str | None:
    """An open order and one without an answer of META, a draft of AAPL; the key of the one without an answer."""
    page = trader.page
    keys: list[str | None] = []

    def lose(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        route.abort()

    assert trader.client.buy(3, 9_000).status == 201
    page.route("**/order", lose)
    page.route("**/orders?idempotencyKey*", lambda route: route.abort())
    fill_ticket(page, "Buy", 4, "91")
    review(page).click()
    expect(page.get_by_label("Order without an answer")).to_be_visible()
    page.unroute("**/order")
    page.evaluate("location.hash = '#/symbol/AAPL'")
    fill_ticket(page, "Buy", 9, "80")
    [key] = keys
    return key


def _end_session(trader: Visitor, broker: Broker) -> None:
    """As when it expires: nobody signed out in this browser."""
    page = trader.page
    assert trader.client.ask("DELETE", "/session").status == 204
    page.unroute("**/orders?idempotencyKey*")
    broker.on_loop(broker.services.streams.close_all())
    expect(page.get_by_text("Your session has ended.")).to_be_visible()


def _enter(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
