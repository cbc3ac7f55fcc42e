"""What is written on charts, and beside them."""

import itertools
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.page.axe import violations
from tests.page.visitor import Visitor, fill_ticket, placed, review
from tests.portfolio import books
from tests.web.broker import Broker

DAY_S = 86_400
STILL_MS = 400

# Every text that a canvas was given, with its frame, and where it stands.
_LISTEN = """
globalThis.written = [];
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  const width = this.measureText(text).width;
  const left = this.textAlign === "center" ? x - width / 2 : x;
  written.push({ text, left, right: left + width, y, frame: document.timeline.currentTime });
  return fillText.call(this, text, x, y, ...rest);
};
"""
# Those of the newest frame that had any such.
_NEWEST = """(pattern) => {
  const found = written.filter(({ text }) => new RegExp(pattern).test(text));
  return found.filter(({ frame }) => frame === found.at(-1).frame);
}"""


def _written(page: Page, pattern: str) -> list[dict[str, Any]]:
    page.wait_for_function("(pattern) => written.some(({ text }) => new RegExp(pattern).test(text))", arg=pattern)
    page.wait_for_timeout(STILL_MS)
    found: list[dict[str, Any]] = page.evaluate(_NEWEST, pattern)
    return found


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()


def _bars(cents: list[int], step_s: int, newest_s: int) -> list[dict[str, Any]]:
    first_s = newest_s - step_s * (len(cents) - 1)
    return [
        {"time": _iso(first_s + step_s * at), "openInCents": one, "closeInCents": one, "volume": 0}
        for at, one in enumerate(cents)
    ]


def _fill(number: int, at_s: float, side: str, shares: int, symbol: str = "AAPL") -> dict[str, Any]:
    return {
        "activityId": str(number),
        "type": "fill",
        "time": _iso(at_s),
        "symbol": symbol,
        "position": side,
        "shares": shares,
        "price": "100.00",
        "amountInCents": -10_000,
    }


@pytest.mark.parametrize("width", [1280, 390])
def test_texts_of_near_fills_do_not_touch(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 850}).sign_up()
    visitor.page.add_init_script(_LISTEN)
    now_s = int(time.time()) // 60 * 60
    minutes_ago = [(1, "sell", 4), (2, "buy", 12), (4, "buy", 10), (200, "sell", 3), (201, "buy", 30)]
    fills = [_fill(100 - ago, now_s - 60 * ago, side, shares) for ago, side, shares in minutes_ago]
    bars = _bars([20_000 + 10 * (at % 7) for at in range(300)], 60, now_s)
    visitor.page.route(re.compile("range=1d"), lambda route: route.fulfill(json=bars))
    visitor.page.route(re.compile("/activity"), lambda route: route.fulfill(json=fills))
    page = visitor.go("symbol/AAPL")
    texts = _written(page, "Bought|Sold")
    assert [one["text"] for one in texts] == ["Bought 22 · Sold 4", "Bought 30 · Sold 3"]
    assert texts[1]["right"] < texts[0]["left"]
    assert all(one["left"] >= 0 for one in texts)
    order = ["bought 30", "sold 3", "bought 10", "bought 12", "sold 4"]
    said = re.compile("Yours: " + "; ".join(f"{one} at [^;]*" for one in order) + r"\.$")
    expect(page.get_by_role("img", name=said)).to_be_visible()


def test_fills_behind_thousands_of_other_symbols_are_marked(browser: Browser, broker: Broker) -> None:
    """They are asked for page by page, back to where the chart begins, and no further."""
    with Visitor(browser, broker.port).sign_up() as visitor:
        now_s = int(time.time()) // 60 * 60
        bars = _bars([20_000] * 300, 60, now_s)
        visitor.page.route(re.compile("range=1d"), lambda route: route.fulfill(json=bars))
        before = _booked(150, now_s - 5 * DAY_S, "META", 1)
        shown = [*_booked(1, now_s - 600, "META", 5), *_booked(120, now_s - 300, "META", 1)]
        others = _booked(2_001, now_s - 60, "AAPL", 1)
        broker.book(visitor.client.get("/account")["userId"], [*before, *shown, *others])
        page = visitor.go("symbol/META")
        expect(
            page.get_by_role("img", name=re.compile("Yours: bought 5 at [^;]*; bought 120 at [^;]*$"))
        ).to_be_visible()
        first, second = [one.url for one in visitor.asked if "/activity" in one.url]
        assert "cursor" not in first
        assert "cursor" in second


def _booked(count: int, at_s: int, symbol: str, shares: int) -> list[books.Fill]:
    return [books.Fill(at_s * 1_000 + at, symbol, shares, 1_000_000) for at in range(count)]


@pytest.mark.parametrize("lasting_s", [20, 150, 700, 5_400, 30 * 3_600, 5 * DAY_S, 25 * DAY_S])
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_no_time_is_written_twice_in_a_row(visit: Callable[..., Visitor], lasting_s: int, zone: str) -> None:
    assert_no_time_twice(visit(timezone_id=zone).sign_up(), lasting_s, int(time.time()))


@pytest.mark.parametrize("minute", [0, 370, 745, 1_090])
@pytest.mark.parametrize("width", [1_000, 1_400])
def test_no_time_is_written_twice_whenever_the_range_begins(
    visit: Callable[..., Visitor], minute: int, width: int
) -> None:
    """In a time zone where the library's day, that of UTC, begins in the afternoon; so that nothing is newer, it ends tomorrow."""
    tomorrow_s = (int(time.time()) // DAY_S + 1) * DAY_S
    visitor = visit(timezone_id="America/Los_Angeles", viewport={"width": width, "height": 850}).sign_up()
    assert_no_time_twice(visitor, 5 * DAY_S, tomorrow_s + 60 * minute + 7)


def assert_no_time_twice(visitor: Visitor, lasting_s: int, now_s: int) -> None:
    visitor.page.add_init_script(_LISTEN)
    rows = [{"time": _iso(now_s - lasting_s + at * lasting_s // 4), "equityInCents": 100_000 + at} for at in range(5)]
    visitor.page.route(re.compile("/portfolio/history"), lambda route: route.fulfill(json=rows))
    page = visitor.go()
    page.get_by_role("button", name="1M").click()
    expect(page.get_by_role("img", name="Value over time, 1m: from $")).to_be_visible()
    written = _written(page, r"^(\d\d:\d\d(:\d\d)?|[A-Z][a-z]{2}( \d+)?)$")
    texts = [one["text"] for one in sorted(written, key=lambda one: one["left"])]
    assert len(texts) >= 2, texts
    assert all(one != after for one, after in itertools.pairwise(texts)), texts


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_value_under_the_pointer_is_written(visit: Callable[..., Visitor], width: int, scheme: str) -> None:
    visitor = visit(viewport={"width": width, "height": 850}, color_scheme=scheme).sign_up()
    visitor.page.add_init_script(_LISTEN)
    now_s = int(time.time())
    rows = [{"time": _iso(now_s - 3_600 * (10 - at)), "equityInCents": 8_812_345 + 111_111 * at} for at in range(11)]
    visitor.page.route(re.compile("/portfolio/history"), lambda route: route.fulfill(json=rows))
    page = visitor.go()
    room = page.locator(".chart-canvas")
    expect(room).to_be_visible()
    page.wait_for_timeout(STILL_MS)
    box = room.bounding_box()
    assert box is not None
    values = [f"${cents // 100:,}.{cents % 100:02}" for cents in (8_812_345 + 111_111 * at for at in range(11))]
    assert not page.evaluate("(values) => written.some(({ text }) => values.includes(text))", values[:-1])
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.wait_for_function("(values) => written.some(({ text }) => values.includes(text))", arg=values[:-1])


def test_change_over_the_range_shown_is_said(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    bars = _bars([*range(100, 463)], DAY_S, int(time.time()) // DAY_S * DAY_S)
    visitor.page.route(re.compile("range=1y"), lambda route: route.fulfill(json=bars))
    page = visitor.go("symbol/AAPL")
    head = page.locator(".symbol-head")
    expect(page.get_by_role("img", name="Chart of AAPL, 1d: between $")).to_be_visible()
    expect(head.locator(".over-range")).to_be_empty()
    page.get_by_role("button", name="1Y").click()
    expect(head.locator(".over-range")).to_have_text(re.compile(r"^\+\$[\d,.]+ \(\+[\d.]+\s%\) in 1Y$"))
    expect(head).to_contain_text("today")
    page.get_by_role("button", name="1D").click()
    expect(head.locator(".over-range")).to_be_empty()


def test_gain_over_the_range_shown_is_the_brokers(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    returns = {"endEquityInCents": 10_000_000, "gainInCents": 200_000}
    visitor.page.route(re.compile("/portfolio/returns.range=1m"), lambda route: route.fulfill(json=returns))
    page = visitor.go()
    page.get_by_role("button", name="1M").click()
    expect(page.locator(".over-range")).to_have_text(re.compile(r"^\+\$[\d,.]+ \(\+[\d.]+\s%\) in 1M$"))
    expect(page.get_by_text(re.compile("the market.s day is New York.s"))).to_be_visible()


def test_chart_whose_script_did_not_come_is_tried_again(trader: Visitor) -> None:
    page = trader.page
    page.goto("about:blank")
    page.route("**/chart-*.js", lambda route: route.abort())
    trader.go("symbol/META")
    expect(page.get_by_role("alert").filter(has_text="The chart could not be loaded.")).to_be_visible()
    assert violations(page) == []
    again = page.get_by_role("button", name="Try again")
    with page.expect_event("requestfailed", lambda request: "/chart-" in request.url):
        again.click()
    expect(again).to_be_focused()
    fill_ticket(page, "Buy", 2, "95")  # all else works
    review(page).click()
    placed(page, "Open")
    page.unroute("**/chart-*.js")
    again.click()
    expect(page.get_by_role("img", name="Chart of META").locator("canvas").first).to_be_visible()
    expect(page.get_by_role("button", name="1D, one day")).to_be_focused()


def test_no_price_below_nothing_at_the_axis(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.page.add_init_script(_LISTEN)
    bars = _bars([100 + 80 * at for at in range(300)], DAY_S, int(time.time()) // DAY_S * DAY_S)
    visitor.page.route(re.compile("range=all"), lambda route: route.fulfill(json=bars))
    page = visitor.go("symbol/AAPL")
    page.get_by_role("button", name="All").click()
    expect(page.get_by_role("img", name="Chart of AAPL, all: between $1.00")).to_be_visible()
    assert _written(page, r"\$")
    assert page.evaluate("written.filter(({ text }) => text.startsWith('\u2212$')).length") == 0


# How many pixels are of these colours: of the axis, where the tag is, and right of the line's end, where nothing is but the level of
# the last price.
_LAST_PRICE = """(names) => {
  const colours = names.map((name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g);
    probe.remove();
    return `${red},${green},${blue}`;
  });
  const count = (cell, fromRight) => {
    let found = 0;
    for (const canvas of document.querySelectorAll(`.chart-canvas tr:first-child td:nth-child(${cell}) canvas`)) {
      if (!canvas.width || !canvas.height) continue;
      const width = fromRight ?? canvas.width;
      const copy = new OffscreenCanvas(width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, width - canvas.width, 0);
      const { data } = copy.getImageData(0, 0, width, canvas.height);
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255 && colours.includes(`${data[at]},${data[at + 1]},${data[at + 2]}`)) found += 1;
    }
    return found;
  };
  return { tag: count(3), level: count(2, 20) };
}"""
_TREND, _GREY = ["--up", "--down"], ["--soft"]
_IS_OF = f"""([these, others]) => {{
  const of = {_LAST_PRICE};
  const [found, other] = [of(these), of(others)];
  return found.tag > 300 && found.level > 3 && !other.level;
}}"""


def test_last_price_on_the_chart_is_grey_when_it_is_not_live(trader: Visitor, broker: Broker) -> None:
    bars = _bars([9_000 + 5 * at for at in range(200)], 60, int(time.time()) // 60 * 60)
    page = trader.page
    page.route(re.compile("range=1d"), lambda route: route.fulfill(json=bars))
    page.reload()
    expect(page.locator(".big .price:not(.old)")).to_be_visible()
    page.wait_for_function(_IS_OF, arg=[_TREND, _GREY])
    page.route("**/subscribe?*", lambda route: route.abort())
    broker.on_loop(broker.services.streams.close_all())
    expect(page.locator(".big .price.old")).to_be_visible()
    page.wait_for_function(_IS_OF, arg=[_GREY, _TREND])
    assert page.evaluate(_LAST_PRICE, _TREND)["tag"] == 0
    page.unroute("**/subscribe?*")
    expect(page.locator(".big .price:not(.old)")).to_be_visible()
    page.wait_for_function(_IS_OF, arg=[_TREND, _GREY])


def test_line_of_the_portfolio_ends_at_its_headline(visit: Callable[..., Visitor]) -> None:
    """Also before any price is live, and after the line was read anew."""
    visitor = visit().sign_up()
    visitor.page.add_init_script(_LISTEN)
    now_s = int(time.time())
    rows = [{"time": _iso(now_s - 3_600 * (10 - at)), "equityInCents": 10_012_345 - 100_000 * at} for at in range(11)]
    account = visitor.client.get("/account") | {"cashInCents": 9_876_543}
    visitor.page.route(re.compile("/portfolio/history"), lambda route: route.fulfill(json=rows))
    visitor.page.route(re.compile("/account$"), lambda route: route.fulfill(json=account))
    visitor.page.route(re.compile("/subscribe"), lambda route: route.abort())
    page = visitor.go()
    expect(page.locator("#equity")).to_have_text("$98,765.43")
    _ends_at_the_headline(page)
    page.get_by_role("button", name="1M").click()
    expect(page.get_by_role("img", name="Value over time, 1m: from $")).to_be_visible()
    _ends_at_the_headline(page)


def _ends_at_the_headline(page: Page) -> None:
    assert _written(page, r"^\$98,765\.43$")
    written = {one["text"] for one in _written(page, r"^\$")}
    assert "$98,765.43" in written
    assert "$90,123.45" not in written  # what the last row says


def test_gain_over_a_range_waits_for_its_line(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    now_s = int(time.time())
    rows = [{"time": _iso(now_s - 60 * (10 - at)), "equityInCents": 10_000_000 - at} for at in range(11)]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route(re.compile("/portfolio/history.range=1d"), lambda route: route.fulfill(json=rows))
    visitor.page.route(re.compile("/portfolio/history.range=1m"), hold)
    page = visitor.go()
    expect(page.get_by_role("img", name="Value over time, 1d: from $")).to_be_visible()
    with page.expect_response(re.compile("/portfolio/returns.range=1m")):
        page.get_by_role("button", name="1M").click()
    page.wait_for_timeout(STILL_MS)
    expect(page.locator(".over-range")).to_be_empty()
    for route in held:
        route.fulfill(json=rows)
    expect(page.locator(".over-range")).to_contain_text("in 1M")


def test_range_whose_history_fails_is_not_drawn_with_another_ones(visit: Callable[..., Visitor]) -> None:
    visitor = visit().sign_up()
    visitor.page.route(re.compile("range=1y"), lambda _: None)
    page = visitor.go("symbol/AAPL")
    day = page.get_by_role("img", name="Chart of AAPL, 1d: between $")
    expect(day).to_be_visible()
    page.get_by_role("button", name="1Y").click()
    expect(page.get_by_role("button", name="1Y")).to_have_attribute("aria-pressed", "true")
    expect(day).to_be_visible()  # and called so, as long as it is what is drawn
    page.get_by_role("button", name="1M").click()
    expect(page.get_by_role("img", name="Chart of AAPL, 1m: between $")).to_be_visible()
    problem = {"code": "exchange_unavailable", "detail": "Not now."}
    page.unroute(re.compile("range=1y"))
    page.route(re.compile("range=1y"), lambda route: route.fulfill(status=503, json=problem))
    page.get_by_role("button", name="1Y").click()
    expect(page.get_by_role("img", name="Chart of AAPL, 1y. This history could not be had.")).to_be_visible()
    expect(page.locator(".chart-room .hint")).to_have_text("This history could not be had. Trying again…")
    assert page.locator(".chart canvas").count() == 0
    page.get_by_role("button", name="1M").click()
    expect(page.get_by_role("img", name="Chart of AAPL, 1m: between $")).to_be_visible()
    page.get_by_role("button", name="1Y").click()
    expect(page.get_by_text("This history could not be had.")).to_be_visible()
    page.unroute(re.compile("range=1y"))
    expect(page.get_by_role("img", name="Chart of AAPL, 1y: between $")).to_be_visible()


@pytest.mark.parametrize(
    ("range_", "days_ago", "is_whole"), [("1W", 1, False), ("1W", 5, True), ("1M", 11, False), ("1M", 29, True)]
)
def test_change_of_a_young_symbol_is_said_since_its_first_bar(
    visit: Callable[..., Visitor], range_: str, days_ago: int, is_whole: bool
) -> None:
    """As many days as a weekend and a holiday may be shut are missing from every range at times."""
    visitor = visit(timezone_id="Asia/Tokyo").sign_up()
    today_s = int(time.time()) // DAY_S * DAY_S + 5 * 3_600  # midnight in New York, or one after it
    first_s = today_s - DAY_S * days_ago
    bars = _bars([100, 200], 3_600, first_s + 3_600)
    visitor.page.route(re.compile(f"range={range_.lower()}"), lambda route: route.fulfill(json=bars))
    page = visitor.go("symbol/AAPL")
    page.get_by_role("button", name=range_).click()
    first = datetime.fromtimestamp(first_s, UTC)
    words = f"in {range_}" if is_whole else f"since {first:%b} {first.day}"
    expect(page.locator(".symbol-head .over-range")).to_have_text(re.compile(rf"{words}(, \d{{4}})?$"))
