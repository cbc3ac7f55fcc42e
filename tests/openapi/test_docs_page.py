"""`/docs` in a real browser: everything that is described, tried from there, with nothing asked of anybody else."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from locksley.web import page as served
from tests.openapi.test_description import EVERY_ROUTE
from tests.page import chromium
from tests.web.broker import Broker
from tests.web.client import Client
from tests.web.conftest import sign_up

WAIT_MS = 15_000


class Docs:
    """The page, open, and everything that it complained about or asked of others."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((address, "data:")) else self.elsewhere.append(asked.url),
        )
        page.goto(f"{address}/docs")
        expect(page.locator(".opblock")).to_have_count(len(EVERY_ROUTE), timeout=WAIT_MS)

    def send(self, method: str, path: str) -> Locator:
        """What the broker answered."""
        block = self.page.locator(f".opblock-{method.lower()}", has=self.page.locator(f'[data-path="{path}"]'))
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Execute").click()
        return block.locator(".live-responses-table")


@pytest.fixture(scope="module")
def docs(broker: Broker) -> Iterator[Docs]:
    if not served.is_built():
        pytest.fail("the page is not built; run `make page`")
    with chromium.running() as browser:
        context = browser.new_context()
        person: Client = sign_up(broker)
        address = f"http://127.0.0.1:{broker.port}"
        context.add_cookies([{"name": "locksley_session", "value": str(person.token), "url": address}])
        yield Docs(context.new_page(), address)
        context.close()


def test_request_is_sent(docs: Docs) -> None:
    expect(docs.send("GET", "/healthz")).to_contain_text('"status": "ok"')


def test_signed_in_by_cookie(docs: Docs) -> None:
    expect(docs.send("GET", "/account")).to_contain_text('"cashInCents": 10000000')


def test_stream_is_shown_as_far_as_it_came(docs: Docs) -> None:
    expect(docs.send("GET", "/orders/stream")).to_contain_text("retry: ")


def test_nothing_is_refused_by_the_policy_or_asked_of_others(docs: Docs) -> None:
    assert docs.complaints == []
    assert docs.elsewhere == []
