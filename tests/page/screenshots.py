"""Every screen, dark and light, on a phone and on a wide screen, into docs/pictures: `make screenshots`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.process import LocksleyUp
from tests.page import chromium
from tests.page.visitor import PASSWORD, Visitor, fill_ticket, live, placed, review

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZES = {"wide": (1440, 900, 1), "phone": (390, 844, 1)}
SCHEMES = ("light", "dark")
NAMES = {("wide", "light"): "robin", ("wide", "dark"): "marian", ("phone", "light"): "will", ("phone", "dark"): "tuck"}
STILL_MS = 250
TICKS_MS = 800  # a few of them, for the picture
SCROLL_TO_TICKET = (
    "scrollBy(0, document.querySelector('#ticket').getBoundingClientRect().top - 130)"  # below the header
)
WISHES = (("AAPL", 25, None), ("MSFT", 10, None), ("META", 12, None), ("KO", 60, None), ("META", 5, 60_000))


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        LocksleyUp(Path(home) / "data", "--seed", "3", log=Path(home) / "log") as up,
        chromium.running() as browser,
    ):
        for size in SIZES:
            for scheme in SCHEMES:
                for name, page in _screens(browser, up.port, size, scheme):
                    page.mouse.move(0, 0)  # what is under it looks different
                    page.wait_for_timeout(STILL_MS)
                    path = PICTURES / f"{name}-{size}-{scheme}.png"
                    page.screenshot(path=path)
                    print(path)


def _screens(browser: Browser, port: int, size: str, scheme: str) -> Iterator[tuple[str, Page]]:
    width, height, scale = SIZES[size]
    look: dict[str, Any] = {
        "viewport": {"width": width, "height": height},
        "device_scale_factor": scale,
        "color_scheme": scheme,
    }
    with Visitor(browser, port, **look) as visitor:
        visitor.email = f"{NAMES[size, scheme]}@locksley.example"
        page = visitor.go()
        page.get_by_label("Email").fill(visitor.email)
        page.get_by_label("Password").fill(PASSWORD)
        yield "sign-in", page
        visitor.sign_up()
        _trade(visitor)
        page.reload()
        page.goto(f"{visitor.url}/#/symbol/META")
        expect(live(page).first).to_be_visible()
        expect(page.locator(".chart canvas").first).to_be_visible()
        page.wait_for_timeout(TICKS_MS)
        fill_ticket(page, "Buy", 10)
        expect(page.get_by_role("button", name="Review order")).to_be_enabled()
        page.wait_for_timeout(TICKS_MS)
        yield "symbol", page
        if size == "phone":
            page.evaluate(SCROLL_TO_TICKET)
            yield "ticket", page
        review(page)
        yield "review", page
        page.get_by_role("button", name="Place order").click()
        placed(page, "Filled")
        yield "placed", page
        page.goto(f"{visitor.url}/#/symbol/NOSUCH")
        expect(page.get_by_text("Nothing trades here")).to_be_visible()
        yield "unknown", page
        page.goto(f"{visitor.url}/#/")
        expect(page.locator(".positions tbody tr").first).to_be_visible()
        page.wait_for_timeout(TICKS_MS)
        yield "portfolio", page
        page.goto(f"{visitor.url}/#/orders")
        page.get_by_role("button", name="What happened").first.click()
        expect(page.locator(".trail li").first).to_be_visible()
        yield "orders", page
        page.goto(f"{visitor.url}/#/activity")
        expect(page.locator(".entries li").first).to_be_visible()
        yield "activity", page
        page.get_by_role("combobox", name="Search").fill("micro")
        expect(page.get_by_role("option").first).to_be_visible()
        yield "search", page


def _trade(visitor: Visitor) -> None:
    for symbol, shares, price_cents in WISHES:
        body = {"position": "buy", "symbol": symbol, "numShares": shares}
        answer = visitor.client.ask(
            "POST", "/order", body if price_cents is None else body | {"priceInCents": price_cents}
        )
        assert answer.status == 201, answer
    names = ["META", "AAPL", "MSFT", "KO", "NVDA", "AMZN", "DIS", "V"]
    visitor.client.ask("POST", "/watchlists", {"name": "Everyday", "symbols": names})


if __name__ == "__main__":
    main()
