"""Nothing moves but what the person moved: as the browser itself tells of it, whatever prices, fills and lines do."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.page.visitor import Visitor, fill_ticket, live, review
from tests.paper_exchange.fixed_market import trade
from tests.web.broker import Broker

SIZES: dict[str, ViewportSize] = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
SCREENS = ("symbol/META", "symbol/META/review", "", "orders", "activity")
TICKS = 25
# Up and down, across the day's range, and from two digits to three; none so low that it fills what other tests let rest.
CENTS = (10_012, 9_987, 9_990, 10_003, 9_985, 10_100, 10_350, 9_999, 10_000, 9_986)

# Everything the browser calls a shift, but for one thing: a text that is set to the right, whose beginning moves when it gets longer.
# Its end, which is what people see stay, does not.
_LISTEN = """
globalThis.shifts = [];
globalThis.told = new PerformanceObserver((list) => {
  for (const { sources } of list.getEntries())
    for (const { node, previousRect, currentRect } of sources) {
      const box = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      const stayed = ["right", "y", "height"].every((side) => Math.abs(previousRect[side] - currentRect[side]) < 1);
      if (stayed && box && getComputedStyle(box).textAlign === "right") continue;
      const what = box?.outerHTML.slice(0, 120) ?? "what is gone";
      shifts.push(`${what}: ${[previousRect, currentRect].map((one) => Object.values(one.toJSON()).slice(0, 4).join(" "))}`);
    }
});
told.observe({ type: "layout-shift" });
"""
# What is drawn by now is told of by the frame after the next.
_FOUND = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(shifts), 100)));
})"""
_BEGIN = "() => (told.takeRecords(), (shifts = []))"
_TICKS = """([selector, most]) => new Promise((done) => {
  let seen = 0;
  new MutationObserver((_, one) => {
    if ((seen += 1) < most) return;
    one.disconnect();
    done(seen);
  }).observe(document.querySelector(selector), { subtree: true, characterData: true, childList: true });
})"""


@pytest.fixture(params=SIZES)
def steady(trader: Visitor, broker: Broker, request: pytest.FixtureRequest) -> Visitor:
    """Has META, and orders of it that are open."""
    trader.page.close()
    trader.page = trader.tab()
    trader.page.set_viewport_size(SIZES[request.param])
    trader.page.add_init_script(_LISTEN)
    assert trader.client.buy(5).status == 201
    for shares in (1, 2, 3):
        assert trader.client.buy(shares, 100 + shares).status == 201
    return trader


def _there(page: Page, screen: str) -> None:
    """All of it, and still."""
    main = page.get_by_role("main")
    if screen.startswith("symbol"):
        expect(main.locator(".big .price:not(.old)")).to_be_visible()
        expect(main.locator(".order").nth(3)).to_be_visible()
        expect(main.locator(".chart-canvas, .chart-room .hint:not(:empty)").first).to_be_visible()
        expect(main.get_by_text("buying power").first).to_be_visible()
    elif screen == "":
        expect(main.locator(".positions .price:not(.old)")).to_be_visible()
        expect(page.locator("#day-gain")).to_be_visible()
        expect(main.locator(".chart-canvas, .chart-room .hint:not(:empty)").first).to_be_visible()
    else:
        expect(main.locator(".order, .entries li").first).to_be_visible()
    expect(page.locator(".liveness")).to_have_text("Live")


def _shifts(page: Page) -> Any:
    return page.evaluate(_FOUND)


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_moves_while_prices_change(steady: Visitor, broker: Broker, screen: str) -> None:
    page = steady.go(screen.removesuffix("/review"))
    _there(page, screen)
    if screen.startswith("symbol"):
        fill_ticket(page, "Buy", 10)
    if screen.endswith("review"):
        expect(review(page)).to_be_visible()
    shown = page.locator(
        ".big .price" if screen.startswith("symbol") else ".positions .price" if not screen else ".watched .price"
    )
    page.evaluate(_FOUND)
    page.evaluate(_BEGIN)
    for cents in CENTS:
        broker.happen(trade(cents * 100, 10, off_market=False))
        price = f"${cents / 100:,.2f}"
        if shown.first.is_visible():
            expect(shown.filter(has_text=price)).to_have_count(1)
    assert _shifts(page) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", ["symbol/AAPL", ""])
def test_nothing_moves_on_a_lively_market(visit: Callable[..., Visitor], size: str, screen: str) -> None:
    visitor = visit(viewport=SIZES[size]).sign_up()
    names = [one["symbol"] for one in visitor.client.get("/symbols?query=&limit=50")]
    for symbol in ["AAPL", *(name for name in names if name != "AAPL")][:8]:
        assert visitor.client.ask("POST", "/order", {"position": "buy", "symbol": symbol, "numShares": 3}).status == 201
    visitor.client.ask("POST", "/watchlists", {"name": "Many", "symbols": names})
    visitor.page.add_init_script(_LISTEN)
    page = visitor.go(screen)
    expect(page.locator(".chart-canvas canvas").first).to_be_visible()
    expect(page.locator("main .price:not(.old)").first).to_be_visible()
    expect(page.locator(".liveness")).to_have_text("Live")
    page.evaluate(_FOUND)
    page.evaluate(_BEGIN)
    page.evaluate(_TICKS, [".big .price", TICKS])
    assert _shifts(page) == []


@pytest.mark.parametrize("screen", ["orders", "symbol/META"])
def test_orders_that_settle_keep_their_place(steady: Visitor, broker: Broker, screen: str) -> None:
    """Else another one's "Cancel" comes under the pointer."""
    page = steady.go(screen)
    rows = page.locator("[data-status=submitted]:is(.order)")
    expect(rows).to_have_count(3)
    before = [row.get_attribute("data-order") for row in page.locator(".order").all()]
    page.evaluate(_BEGIN)
    broker.happen(trade(10_150, 100_000, off_market=False))  # enough for whatever others left open, too
    filled = page.locator("[data-status=filled]:is(.order)")
    expect(filled).to_have_count(3)
    assert _shifts(page) == []
    page.get_by_role("button", name="Cancel: Buy 1 META").first.click()
    expect(page.locator("[data-status=cancelled]:is(.order)")).to_have_count(1)
    assert [row.get_attribute("data-order") for row in page.locator(".order").all()] == before


@pytest.mark.parametrize("screen", ["symbol/META", "", "orders"])
def test_nothing_moves_when_the_line_is_cut(steady: Visitor, broker: Broker, screen: str) -> None:
    page = steady.go(screen)
    _there(page, screen)
    page.evaluate(_FOUND)
    page.evaluate(_BEGIN)
    page.route("**/subscribe?*", lambda route: route.abort())
    broker.on_loop(broker.services.streams.close_all())
    expect(page.get_by_text("Connection lost, trying again.")).to_be_visible()
    assert [one for one in _shifts(page) if "today" not in one] == []  # beside it stands since when it is not live
    page.unroute("**/subscribe?*")
    expect(live(page).first).to_be_attached()
    expect(page.get_by_text("Connection lost")).to_have_count(0)
