"""Somebody at the page: signed in by their own tab, and everything that went wrong there written down."""

import itertools
import re
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.web.client import Client

PASSWORD = "correct horse battery"
WAIT_MS = 15_000

# What a browser says by itself of an answer that is no 200, and of a line that was cut: the page tells of those in its own words.
_EXPECTED = re.compile(r"Failed to load resource")

_LISTEN = """
addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""

_numbers = itertools.count(1)

expect.set_options(timeout=WAIT_MS)


class Visitor:
    """One person in one browser profile. `tab` opens another tab of theirs."""

    def __init__(self, browser: Browser, port: int, **context: Any) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-US"} | context)
        self.context.set_default_timeout(WAIT_MS)
        self.context.add_init_script(_LISTEN)
        self.wrong: list[str] = []
        self.asked: list[Request] = []
        self.email = f"visitor{next(_numbers)}@example.org"
        self.page = self.tab()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.wrong == [], self.wrong

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._sent)
        return page

    def sign_up(self) -> Self:
        """Past the door, for tests of what is behind it."""
        credentials = {"email": self.email, "password": PASSWORD}
        for path, status in (("/users", 201), ("/sessions", 201)):
            answer = self.context.request.post(self.url + path, data=credentials)
            assert answer.status == status, answer.text()
        return self

    @property
    def client(self) -> Client:
        """The same person's program."""
        [cookie] = [one for one in self.context.cookies() if one["name"] == "locksley_session"]
        return Client(self.port, cookie["value"])

    def go(self, where: str = "", page: Page | None = None) -> Page:
        """`where`: what comes after `#/`."""
        page = page or self.page
        page.goto(f"{self.url}/#/{where}")
        return page

    def orders(self) -> Any:
        return self.client.get("/orders")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.search(message.text):
            self.wrong.append(message.text)

    def _sent(self, request: Request) -> None:
        self.asked.append(request)
        url = urlsplit(request.url)
        if url.scheme in ("http", "https") and url.netloc != urlsplit(self.url).netloc:
            self.wrong.append(f"asked {request.url}")


def ticket(page: Page) -> Locator:
    return page.locator("#ticket")


def fill_ticket(page: Page, side: str, shares: int, limit: str | None = None) -> None:
    form = ticket(page)
    form.get_by_label(side, exact=True).check()
    form.get_by_label("Market" if limit is None else "Limit", exact=True).check()
    form.get_by_label("Shares").fill(str(shares))
    if limit is not None:
        form.get_by_label("Limit price").fill(limit)


def review(page: Page) -> Locator:
    """The button that places it."""
    ticket(page).get_by_role("button", name="Review order").click()
    return ticket(page).get_by_role("button", name="Place order")


def placed(page: Page, status: str | re.Pattern[str]) -> Locator:
    """The answer in the ticket, once it says this."""
    answer = ticket(page).locator(".placed")
    expect(answer.locator(".badge")).to_have_text(status)
    return answer


def live(page: Page) -> Locator:
    """Prices that are live."""
    return page.locator(".price:not(.old)")
