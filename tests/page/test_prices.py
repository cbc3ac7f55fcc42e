import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.process import LocksleyUp
from tests.page.canvas import PIXELS_OF
from tests.page.visitor import Visitor, live
from tests.web.client import Client

DAY_S = 86_400


def _until_it_ticks(page: Page, selector: str) -> None:
    page.wait_for_function(
        """(selector) => {
            const text = document.querySelector(selector)?.textContent;
            globalThis.first ??= text;
            return text !== globalThis.first;
        }""",
        arg=selector,
    )


def test_price_ticks_and_nothing_beside_it_moves(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go("symbol/AAPL")
    expect(page.locator(".big .price:not(.old)")).to_be_visible()
    expect(page.locator(".watched .price:not(.old)").first).to_be_visible()  # the list comes by itself
    place = "JSON.stringify([...document.querySelectorAll('.watched li, .day, .ticket')].map((part) => part.getBoundingClientRect()))"
    before = page.evaluate(place)
    _until_it_ticks(page, ".big .price")
    assert page.evaluate(place) == before
    expect(page.get_by_text(re.compile("Day.s range"))).to_be_visible()
    expect(page.locator(".facts").first).to_contain_text("Volume")


def test_one_stream_is_changed_while_it_runs(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/AAPL")
    names = [one["symbol"] for one in visitor.client.get("/symbols?query=&limit=20")]
    first, second = [name for name in names if name not in ("AAPL", "AMZN")][:2]
    for symbol in (first, second):
        page.goto(f"{visitor.url}/#/symbol/{symbol}")
        expect(page.locator(".big .price:not(.old)")).to_be_visible()
    streams = [one for one in visitor.asked if "/subscribe?" in one.url]
    changes: list[Any] = [one.post_data_json for one in visitor.asked if one.method == "PATCH"]
    assert len(streams) == 1
    assert any(first in one["remove"] for one in changes)
    assert any(second in one["add"] for one in changes)


def test_search_by_keyboard(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go()
    expect(live(page).first).to_be_visible()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search symbol or company")
    expect(box).to_be_focused()
    box.press_sequentially("american")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_contain_text("American")
    box.press("ArrowDown")
    options.first.hover()
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    chosen = options.nth(1)
    expect(chosen).to_have_attribute("aria-selected", "true")
    symbol = chosen.locator("b").inner_text()
    box.press("Enter")
    expect(page.get_by_role("heading", name=symbol, exact=True)).to_be_focused()
    expect(page).to_have_title(f"{symbol} · Locksley")

    box.fill("nothing is called this")
    expect(page.get_by_text("Nothing trades here by")).to_be_visible()
    box.press("Escape")
    expect(box).to_have_value("")


def test_symbol_that_does_not_trade(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/NOSUCH")
    expect(page.get_by_text("Nothing trades here under this name.")).to_be_visible()
    expect(page.get_by_role("heading", name="NOSUCH")).to_be_focused()
    assert page.locator(".big .price").count() == 0
    expect(page.locator(".watched .price:not(.old)").first).to_be_visible()  # the list beside it is not held up
    asked = [one.url for one in visitor.asked if "NOSUCH" in one.url]
    assert len(asked) <= 2, asked  # its summary, and the stream that was to have it
    page.get_by_role("main").get_by_role("link", name="portfolio").click()
    expect(page.locator("#equity")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Nothing trades here under this name.")).to_be_visible()
    assert [one.url for one in visitor.asked if "NOSUCH" in one.url] == asked


def test_symbol_that_went_from_the_exchange_leaves_the_list_live(visit: Callable[..., Visitor]) -> None:
    """The broker refuses a stream of it, and all others with it: they are asked for again without it, at once."""
    visitor = visit().sign_up()
    lists = [{"watchlistId": "1", "name": "Old", "symbols": ["AAPL", "GONE", "MSFT"]}]
    visitor.page.route(re.compile("/watchlists$"), lambda route: route.fulfill(json=lists))
    page = visitor.go("orders")
    expect(page.locator(".watched li")).to_have_count(3)
    expect(page.locator(".watched .price:not(.old)")).to_have_count(2)
    assert len([one for one in visitor.asked if "GONE" in one.url]) <= 2


def test_watchlist_of_ones_own(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/XOM")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Following")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="New list").click()
    page.get_by_label("Name of the new list").fill("Health")
    page.get_by_role("button", name="Make list").click()
    expect(page.get_by_text("This list is empty.")).to_be_visible()
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.locator(".liveness")).to_have_text("Live")  # nothing is watched, and the orders are live
    page.go_back()
    page.get_by_role("button", name="Follow").click()
    expect(page.locator(".watched li")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Watchlist shown").locator("option:checked")).to_have_text("Health")
    expect(page.locator(".watched li")).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Pills")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Watchlist shown").locator("option:checked")).to_have_text("Pills")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Delete this list").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_label("Watchlist shown").locator("option:checked")).to_have_text("My list")
    assert [one["name"] for one in visitor.client.get("/watchlists")] == ["My list"]


def test_chart_of_each_range(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go("symbol/AAPL")
    for name, span in (("1D", "1d"), ("1W", "1w"), ("1M", "1m"), ("1Y", "1y"), ("All", "all")):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("img", name=f"Chart of AAPL, {span}: between $")).to_be_visible()
    expect(page.locator(".chart canvas").first).to_be_visible()
    expect(page.get_by_role("link", name="TradingView")).to_have_attribute("href", "https://www.tradingview.com/")


def test_own_fills_are_marked_on_the_chart(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/AAPL")
    chart = page.get_by_role("img", name="Chart of AAPL, 1d: between $")
    expect(chart).to_be_visible()
    unmarked = page.evaluate(_MARKED)
    assert visitor.client.ask("POST", "/order", {"position": "buy", "symbol": "AAPL", "numShares": 7}).status == 201
    expect(page.get_by_role("img", name="Yours: bought 7 at ")).to_be_visible()
    page.wait_for_function(f"(before) => ({_MARKED})() > before + 20", arg=unmarked)
    page.reload()
    expect(page.get_by_role("img", name="Yours: bought 7 at ")).to_be_visible()


_MARKED = f"""() => {{
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--accent)";
  const accent = getComputedStyle(probe).color;
  probe.remove();
  return ({PIXELS_OF})([accent]);
}}"""


def test_value_over_time_is_drawn_in_time(visit: Callable[..., Visitor]) -> None:
    """A day without a change, and a gain within the last minutes: it is to be seen at the right end."""
    visitor = visit().sign_up()
    now_s = int(time.time())
    worth = [(now_s - 36_000, 88), (now_s - 180, 88), (now_s - 120, 92), (now_s - 60, 96), (now_s, 100)]
    rows = [
        {"time": datetime.fromtimestamp(at_s, UTC).isoformat(), "equityInCents": 100_000 * value}
        for at_s, value in worth
    ]
    visitor.page.route(re.compile("/portfolio/history"), lambda route: route.fulfill(json=rows))
    page = visitor.go()
    expect(page.get_by_role("img", name="Value over time, 1d: from $")).to_be_visible()
    page.evaluate("""() => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.className = "chart-probe up";
    }""")
    page.wait_for_function(_LINE_REACHES_ONLY_AT_THE_RIGHT)


_ROWS_OF_THE_LINE = """(from, to) => {
  const [red, green, blue] = getComputedStyle(document.querySelector(".chart-probe")).color.match(/\\d+/g).map(Number);
  let most = 0;
  for (const canvas of document.querySelectorAll(".chart-canvas td:nth-child(2) canvas")) {
    if (!canvas.width || !canvas.height) continue;
    const left = Math.floor(canvas.width * from);
    const width = Math.floor(canvas.width * to) - left;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(left, 0, width, canvas.height);
    const rows = new Set();
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200 && Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 30)
        rows.add(Math.floor(at / 4 / width));
    most = Math.max(most, rows.size / canvas.height);
  }
  return most;
}"""
_LINE_REACHES_ONLY_AT_THE_RIGHT = f"""() => {{
  const rows = {_ROWS_OF_THE_LINE};
  return rows(0, 0.85) < 0.1 && rows(0.85, 1) > 0.4;
}}"""
_LINE_REACHES = """() => {
  const [red, green, blue] = getComputedStyle(document.querySelector(".chart-probe")).color.match(/\\d+/g).map(Number);
  for (const canvas of document.querySelectorAll(".chart-canvas canvas")) {
    if (!canvas.width || !canvas.height) continue;
    const width = Math.floor(canvas.width / 4);
    const copy = new OffscreenCanvas(width, canvas.height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, canvas.height);
    const rows = new Set();
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200 && Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 30)
        rows.add(Math.floor(at / 4 / width));
    if (rows.size > canvas.height / 3) return true; // the price now is a level line of the same colour
  }
  return false;
}"""


def test_chart_of_all_shows_the_oldest_bars(visit: Callable[..., Visitor]) -> None:
    """Ten years of days, which fell in their first tenth and then stood still: the fall is to be seen at the left."""
    visitor = visit().sign_up()
    newest = int(time.time()) // DAY_S * DAY_S
    closes = [1_000_000 - 2_500 * min(day, 365) for day in range(3_653)]
    bars = [
        {
            "time": datetime.fromtimestamp(newest - DAY_S * (len(closes) - 1 - day), UTC).isoformat(),
            "closeInCents": cents,
        }
        for day, cents in enumerate(closes)
    ]
    visitor.page.route(re.compile("range=all"), lambda route: route.fulfill(json=bars))
    page = visitor.go("symbol/AAPL")
    page.get_by_role("button", name="All").click()
    expect(page.get_by_role("img", name="Chart of AAPL, all: between $")).to_be_visible()
    page.evaluate("""() => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.className = "chart-probe down";
    }""")
    page.wait_for_function(_LINE_REACHES)


def test_hidden_tab_lets_its_lines_go(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    page = visitor.go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    hide = """(state) => {
        Object.defineProperty(document, "hidden", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    expect(page.get_by_text("Connecting", exact=True)).to_be_visible()
    expect(page.locator(".price.old").first).to_be_visible()
    page.evaluate(hide, False)
    expect(live(page).first).to_be_visible()
    assert len([one for one in visitor.asked if "/subscribe?" in one.url]) == 2


def test_silent_exchange_leaves_no_price_live(visit: Callable[..., Visitor], market: LocksleyUp) -> None:
    page = visit().sign_up().go("symbol/AAPL")
    expect(live(page).first).to_be_visible()
    with market.silent_exchange():
        expect(page.get_by_text("The exchange is silent.")).to_be_visible()
        assert live(page).count() == 0
        expect(page.locator(".as-of").first).to_contain_text("not live, as of")
        page.get_by_label("Shares").fill("1")
        expect(page.get_by_text("The price is not live at this moment.")).to_be_visible()
        expect(page.get_by_role("button", name="Review order")).to_be_disabled()
    expect(live(page).first).to_be_visible()
    expect(page.get_by_text("The exchange is silent.")).to_have_count(0)


def test_name_in_lower_case_leads_to_its_symbol(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_up().go("symbol/aapl")
    expect(page.get_by_role("heading", name="AAPL", exact=True)).to_be_visible()
    expect(live(page).first).to_be_visible()
    assert page.url.endswith("#/symbol/AAPL")
    page.goto(page.url.replace("AAPL", "nosuch"))
    expect(page.get_by_role("heading", name="nosuch", exact=True)).to_be_focused()
    expect(page.get_by_text("Nothing trades here under this name.")).to_be_visible()


_SPOILING = [
    "META,AAPL",
    "A,B",
    "%20",
    "%00",
    "A%EF%BF%BD",
    pytest.param(9_000 * "A", id="9,000 letters"),
    pytest.param(33 * "ß", id="33 letters"),
]


@pytest.mark.parametrize("name", _SPOILING)
def test_address_that_is_no_ticker_leaves_all_else_live(visit: Callable[..., Visitor], name: str) -> None:
    """All names go in one request: one that no request can have would spoil it for the others."""
    visitor = visit(viewport={"width": 390, "height": 850}).sign_up()
    page = visitor.go(f"symbol/{name}")
    expect(page.get_by_text("Nothing trades here under this name.")).to_be_visible()
    expect(page.locator(".liveness")).to_have_text("Live")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{visitor.url}/#/")
    expect(page.locator(".watched .price:not(.old)")).to_have_count(12)
    asked = [one.url for one in visitor.asked if "/symbols" in one.url or "/subscribe?" in one.url]
    assert len([url for url in asked if "/subscribe?" in url]) == 1, asked
    assert not [url for url in asked if max(map(len, re.split("[,=]", url))) > 100], asked


def test_screen_comes_before_a_list_that_is_as_long_as_a_stream(browser: Browser, tmp_path: Path) -> None:
    market = ("--symbols", "210", "--seed", "7", "--trades-per-second", "80")
    with LocksleyUp(tmp_path / "data", *market, log=tmp_path / "log") as up, Visitor(browser, up.port) as visitor:
        names = [one["symbol"] for one in _all_symbols(visitor.sign_up().client)]
        listed, other = names[:200], names[205]
        visitor.client.ask("POST", "/watchlists", {"name": "Two hundred", "symbols": listed})
        page = visitor.go(f"symbol/{listed[0]}")
        rows = page.locator(".watched .price:not(.old)")
        expect(rows).to_have_count(200)
        page.goto(f"{visitor.url}/#/symbol/{other}")
        expect(page.get_by_role("heading", name=other, exact=True)).to_be_visible()
        expect(page.locator(".big .price:not(.old)")).to_be_visible()
        expect(rows).to_have_count(199)
        expect(page.locator(".watched li").last.locator(".price.old")).to_be_visible()
        page.goto(f"{visitor.url}/#/symbol/{listed[0]}")
        expect(rows).to_have_count(200)


def _all_symbols(client: Client) -> list[Any]:
    found: list[Any] = []
    path = "/symbols?limit=100"
    while path:
        answer = client.ask("GET", path)
        found += answer.json
        path = "".join(re.findall(r'<([^>]+)>;\s*rel="next"', answer.headers.get("link", "")))
    return found


def test_symbol_without_a_price_has_no_market_order_and_no_change(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.page.route(re.compile(r"/symbols\?names="), lambda _: None)
    page = visitor.go("symbol/AAPL")
    expect(page.locator(".symbol-head .change").first).to_have_text("—")
    page.get_by_label("Shares").fill("1")
    expect(page.get_by_text("The price is not known yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()
