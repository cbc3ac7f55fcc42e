"""Of the two lines, prices' and orders', one may be back before the other: nothing is said that is not so."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.process import LocksleyUp
from tests.page.conftest import MARKET
from tests.page.visitor import Visitor
from tests.web.broker import Broker

ORDERS = "**/orders/stream"
PAUSE_MS_MOST = 8_000  # before a line that failed again and again is tried once more
STEP_MS = 10

_PAUSES = """
globalThis.pauses = [];
const { setTimeout: begin } = globalThis;
globalThis.setTimeout = (work, ms, ...rest) => (pauses.push(ms), begin(work, ms, ...rest));
"""

# Whatever is said at once, at any time, that can not be so at once.
_LISTEN = """() => {
  globalThis.contradictions = [];
  const text = (selector) => document.querySelector(selector)?.textContent ?? "";
  const look = () => {
    const [beside, above, badge] = [".symbol-head .as-of", ".notice.passing", ".liveness"].map(text);
    const [, one] = /as of ([\\d:]+)/.exec(beside) ?? [];
    const [, other] = /from ([\\d:]+), not live/.exec(above) ?? [];
    const isLive = beside === "live";
    if ((isLive && (other || badge === "Offline")) || (one && other && one !== other))
      contradictions.push(`${beside} | ${above} | ${badge}`);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, characterData: true, childList: true });
}"""


def test_restart_of_the_broker_is_told_without_contradiction(browser: Browser, tmp_path: Path) -> None:
    first = LocksleyUp(tmp_path / "data", *MARKET, log=tmp_path / "log")
    with first, Visitor(browser, first.port).sign_up() as visitor:
        page = visitor.go("symbol/AAPL")
        expect(page.locator(".big .price:not(.old)")).to_be_visible()
        page.evaluate(_LISTEN)
        page.route(ORDERS, lambda route: route.abort())
        first.interrupt()
        expect(page.get_by_text("Connection lost, trying again. What you see is from")).to_be_visible()
        expect(page.locator(".liveness")).to_have_text("Offline")
        expect(page.locator(".symbol-head .as-of")).to_contain_text("not live, as of")
        with LocksleyUp(tmp_path / "data", *MARKET, "--port", str(first.port), log=tmp_path / "log"):
            expect(page.locator(".big .price:not(.old)")).to_be_visible()
            behind = page.get_by_text("Orders and balances may be out of date, trying again. Prices are live.")
            expect(behind).to_be_visible()
            expect(page.locator(".liveness")).to_have_text("Connecting")
            page.unroute(ORDERS)
            expect(behind).to_have_count(0)
            expect(page.locator(".liveness")).to_have_text("Live")
            assert page.evaluate("contradictions") == []


@pytest.mark.parametrize("ahead_s", [-3_600, 3_600])
def test_time_told_above_is_that_beside_the_price(browser: Browser, broker: Broker, ahead_s: int) -> None:
    """Also where the person's clock is not the exchange's."""
    with Visitor(browser, broker.port).sign_up() as visitor:
        page = visitor.page
        page.clock.install(time=datetime.now(UTC) + timedelta(seconds=ahead_s))
        visitor.go("symbol/META")
        expect(page.locator(".big .price:not(.old)")).to_be_visible()
        page.route(re.compile("/subscribe"), lambda route: route.abort())
        broker.on_loop(broker.services.streams.close_all())
        above = page.get_by_text("Connection lost, trying again.")
        expect(above).to_contain_text(", not live.")
        [told] = re.findall(r"[\d:]{8}", above.inner_text())
        expect(page.locator(".symbol-head .as-of")).to_have_text(f"not live, as of {told}")


@pytest.mark.parametrize(
    ("late", "first"), [("/subscribe?", "/orders/stream"), ("/orders/stream", "/subscribe?")], ids=["prices", "orders"]
)
def test_line_that_is_back_hurries_the_other(browser: Browser, broker: Broker, late: str, first: str) -> None:
    """The page's clock stands still in the pause of the other one, which therefore does not end by itself."""
    with Visitor(browser, broker.port).sign_up() as visitor:
        page = visitor.page
        is_late = re.compile(re.escape(late))
        page.route(is_late, lambda route: route.abort())
        page.clock.install()
        page.add_init_script(_PAUSES)
        visitor.go("symbol/META")
        expect(page.get_by_text("trying again").first).to_be_visible()
        page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1_000 + 1, UTC))
        _step(page, lambda: page.evaluate("pauses").count(PAUSE_MS_MOST) > 0)
        page.unroute(is_late)
        before = _asked(visitor, first)
        broker.on_loop(broker.services.streams.close_all())
        assert _step(page, lambda: _asked(visitor, first) > before) < PAUSE_MS_MOST
        # The next frame is the clock's too.
        assert _step(page, lambda: page.locator(".liveness").inner_text() == "Live") < PAUSE_MS_MOST


def _step(page: Page, until: Callable[[], bool]) -> int:
    """Let the page's clock go on; by how many ms."""
    gone_ms = 0
    while not until():
        page.clock.run_for(STEP_MS)
        gone_ms += STEP_MS
    return gone_ms


def _asked(visitor: Visitor, what: str) -> int:
    return sum(what in one.url for one in visitor.asked)
