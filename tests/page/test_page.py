"""What holds for the page as a whole: who can use it, how large it is, what it may do."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.process import LocksleyUp
from tests.page.canvas import PIXELS_OF
from tests.page.visitor import Visitor, fill_ticket, live, placed, review
from tests.web.client import Client

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
BUILT = ROOT / "locksley/web/static"
SCRIPTS_GZIPPED_BYTES_MAX = 150_000
RING_PX = 4  # around what has the focus
# A colour on its way from one to another has no contrast to judge.
STILL = "Promise.allSettled(document.getAnimations().map((one) => one.finished))"


def axe(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    page.evaluate(STILL)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


@pytest.mark.parametrize("look", [(1280, "light"), (390, "dark")], ids=["wide and light", "phone and dark"])
def test_axe_finds_nothing(visit: Callable[..., Visitor], look: tuple[int, str]) -> None:
    width, scheme = look
    visitor = visit(viewport={"width": width, "height": 850}, color_scheme=scheme)
    page = visitor.go()
    expect(page.get_by_label("Email")).to_be_visible()
    found = {"door": axe(page)}
    visitor.sign_up()
    page.reload()
    page.goto(f"{visitor.url}/#/symbol/AAPL")
    expect(live(page).first).to_be_visible()
    fill_ticket(page, "Buy", 2)
    found["symbol"] = axe(page)
    button = review(page)
    found["review"] = axe(page)
    button.click()
    placed(page, "Filled")
    found["placed"] = axe(page)
    for screen in ("", "orders", "activity"):
        page.goto(f"{visitor.url}/#/{screen}")
        expect(page.locator("h1")).to_be_visible()
        if screen == "orders":
            page.get_by_role("button", name="What happened").click()
            expect(page.locator(".trail li").first).to_be_visible()
        found[screen or "portfolio"] = axe(page)
    page.get_by_role("combobox", name="Search symbol or company").fill("a")
    expect(page.get_by_role("option").first).to_be_visible()
    found["search"] = axe(page)
    assert {screen: said for screen, said in found.items() if said} == {}


def test_whole_way_from_search_to_order_without_a_mouse(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go()
    expect(live(page).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("apple")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="AAPL", exact=True)).to_be_focused()
    for _ in range(30):  # past the chart and its ranges, to the ticket
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('name')") == "shares":
            break
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(placed(page, "Filled").get_by_role("heading")).to_be_focused()
    assert len(visitor.orders()) == 1


def test_no_screen_is_wider_than_a_phone(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 320, "height": 700}).sign_up()
    for screen in ("", "symbol/AAPL", "orders", "activity"):
        page = visitor.go(screen)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, screen


def test_theme_is_switched_and_kept(visit: Callable[..., Visitor]) -> None:
    page = visit(color_scheme="light").sign_up().go()
    ground = "getComputedStyle(document.body).backgroundColor"
    switch = page.get_by_role("button", name="Dark theme")
    expect(switch).to_have_attribute("aria-pressed", "false")
    light = page.evaluate(ground)
    switch.click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(ground) == dark


_TRENDS = """() => ["--up", "--down"].map((name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
})"""
_HAS_A_LINE_OF = f"(colours) => ({PIXELS_OF})(colours) > 200"


def test_chart_changes_with_the_theme(visit: Callable[..., Visitor]) -> None:
    page = visit(color_scheme="light").sign_up().go("symbol/AAPL")
    light = page.evaluate(_TRENDS)
    page.wait_for_function(_HAS_A_LINE_OF, arg=light)
    page.get_by_role("button", name="Dark theme").click()
    dark = page.evaluate(_TRENDS)
    assert not set(light) & set(dark)
    page.wait_for_function(_HAS_A_LINE_OF, arg=dark)
    assert not page.evaluate(_HAS_A_LINE_OF, light)


def test_address_of_nothing_is_told(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go("nosuch")
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="portfolio").click()
    expect(page.get_by_role("heading", name="Portfolio")).to_be_focused()


def test_new_list_is_named_without_a_mouse(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go()
    button = page.get_by_role("button", name="New list")
    button.focus()
    room = "(button) => button.closest('aside').getBoundingClientRect().right - button.getBoundingClientRect().right"
    assert button.evaluate(room) >= RING_PX  # what scrolls clips
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the new list")).to_be_focused()
    page.keyboard.type("Fruit")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Watchlist shown")).to_contain_text("Fruit")
    expect(button).to_be_focused()


def test_scripts_are_small() -> None:
    scripts = [path for path in BUILT.glob("*.js") if not path.name.startswith("docs-")]  # nobody trades on that page
    assert len(scripts) >= 2  # the chart comes by itself, when there is one to draw
    assert sum(len(gzip.compress(script.read_bytes(), 6)) for script in scripts) <= SCRIPTS_GZIPPED_BYTES_MAX


def test_files_are_sent_small_and_kept_for_good(market: LocksleyUp) -> None:
    nobody = Client(market.port)
    page = nobody.ask("GET", "/")
    [script] = re.findall(rb'src="(/static/[^"]+\.js)"', page.body)
    plain = nobody.ask("GET", script.decode())
    assert "immutable" in plain.headers["cache-control"]
    assert "content-encoding" not in plain.headers
    packed = nobody.ask("GET", script.decode(), Accept_Encoding="gzip, br;q=0")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert nobody.ask("GET", script.decode(), Accept_Encoding="gzip, deflate, br").headers["content-encoding"] == "br"
    assert page.headers["cache-control"] == "no-cache"
    again = nobody.ask("GET", "/", If_None_Match=page.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("width", [320, 768, 900, 960, 1024, 1440])
def test_fields_have_room_for_what_they_ask(visit: Callable[..., Visitor], width: int) -> None:
    page = visit(viewport={"width": width, "height": 850}).sign_up().go()
    page.get_by_role("button", name="New list").click()
    for field in (page.get_by_role("combobox", name="Search"), page.get_by_label("Name of the new list")):
        expect(field).to_be_visible()
        assert field.evaluate(_PLACEHOLDER_PX) <= field.evaluate(_ROOM_PX)


_PLACEHOLDER_PX = """(field) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.font = getComputedStyle(field).font;
  return context.measureText(field.placeholder).width;
}"""
_ROOM_PX = """(field) => {
  const { paddingLeft, paddingRight } = getComputedStyle(field);
  return field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}"""
