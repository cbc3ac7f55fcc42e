"""What is not live does not look so: on the way, without a network, after sleep, beside a silent exchange."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.acceptance.process import LocksleyUp
from tests.page.visitor import Visitor, live

# Every word that stood in the badge, and whether a price looked live meanwhile.
_LIVENESS = """
globalThis.badges = [];
new MutationObserver(() => {
  const word = document.querySelector(".liveness")?.textContent;
  const seen = document.querySelector(".price:not(.old)") ? `${word} with a live price` : word;
  if (seen && badges.at(-1) !== seen) badges.push(seen);
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


def test_page_that_comes_to_a_silent_exchange_is_at_no_moment_live(
    visit: Callable[..., Visitor], market: LocksleyUp
) -> None:
    visitor = visit(timezone_id="UTC").sign_up()
    page = visitor.go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    with market.silent_exchange():
        expect(page.get_by_text("The exchange is silent.")).to_be_visible()
        page.add_init_script(_LIVENESS)
        page.reload()
        said = page.get_by_text("The exchange is silent.")
        expect(said).to_be_visible()
        assert page.evaluate("badges") == ["Connecting", "Not live"]
        names = page.locator(".watched b").all_inner_texts()
        prices = visitor.client.get(f"/symbols?names={','.join({'AAPL', *names})}")
        newest = max(datetime.fromisoformat(one["updatedAt"]) for one in prices)
        expect(said).to_contain_text(f"Prices are from {newest:%H:%M:%S}, not live.")
    expect(live(page).first).to_be_visible()


@pytest.mark.parametrize("shares", [0, 3])
def test_portfolio_is_not_live_before_its_line_is(visit: Callable[..., Visitor], shares: int) -> None:
    visitor = visit().sign_up()
    if shares:
        order = {"position": "buy", "symbol": "AAPL", "numShares": shares}
        assert visitor.client.ask("POST", "/order", order).status == 201
    visitor.page.route("**/subscribe?*", lambda _: None)
    page = visitor.go()
    expect(page.locator("#equity")).to_contain_text("$")
    expect(page.locator(".liveness")).to_have_text("Connecting")
    expect(page.locator(".portfolio-head .as-of")).to_have_text("not live")
    assert live(page).count() == 0


def test_nothing_is_said_to_be_live_of_a_price_that_is_not_known(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.page.route(re.compile(r"/symbols\?names="), lambda _: None)
    page = visitor.go("symbol/AAPL")
    expect(page.locator(".liveness")).to_have_text("Live")
    expect(page.locator(".symbol-head .as-of")).to_be_empty()


def test_browser_without_a_network_has_no_live_price(visit: Callable[..., Visitor]) -> None:
    """The line itself may take long to notice."""
    visitor = visit().sign_up()
    page = visitor.go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    visitor.context.set_offline(True)
    expect(page.get_by_text("Connection lost, trying again.")).to_be_visible()
    assert live(page).count() == 0
    visitor.context.set_offline(False)
    expect(live(page).first).to_be_visible()


def test_broker_on_a_machine_without_a_network_comes_back(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_text("Connection lost, trying again.")).to_be_visible()
    assert live(page).count() == 0
    expect(live(page).first).to_be_visible()


def test_machine_that_slept_has_no_live_price_until_it_has_heard_again(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.page.add_init_script("globalThis.slept = 0; const wall = Date.now; Date.now = () => wall() + slept;")
    page = visitor.go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    page.route("**/subscribe?*", lambda route: route.abort())
    page.evaluate("slept = 60_000")  # timers go by another clock, which stands still
    expect(page.get_by_text("Connection lost, trying again.")).to_be_visible()
    assert live(page).count() == 0
    page.unroute("**/subscribe?*")
    expect(live(page).first).to_be_visible()
