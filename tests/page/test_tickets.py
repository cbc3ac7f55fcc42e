"""The order ticket under hurried hands, lost answers and people who look elsewhere meanwhile."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.visitor import Visitor, fill_ticket, placed, review, ticket

# What stands between the page and the broker may answer in its stead: not all of it, and in words of its own.
STRANGE = {
    "gateway time-out": (504, "text/html", "<h1>504 Gateway Time-out</h1>"),
    "bad gateway": (502, "text/html", ""),
    "request time-out": (408, "text/plain", "Request Timeout"),
    "another's problem": (403, "application/problem+json", '{"code": "blocked", "detail": "Blocked by a rule."}'),
    "still running": (409, "application/problem+json", '{"code": "request_in_progress", "detail": "Still running."}'),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_answer_that_is_not_the_brokers_is_no_refusal(trader: Visitor, strange: str) -> None:
    page = trader.page
    status, content_type, body = STRANGE[strange]

    def taken_and_lost(route: Route) -> None:
        route.fetch()
        route.fulfill(status=status, content_type=content_type, body=body)

    page.route("**/order", taken_and_lost)
    fill_ticket(page, "Buy", 6, "95")
    review(page).click()
    placed(page, "Open")
    assert [one["numShares"] for one in trader.orders()] == [6]


@pytest.mark.parametrize("code", ["exchange_unavailable", "storage_unavailable", "too_many_requests", "account_frozen"])
def test_refusal_of_the_broker_is_told_at_once(trader: Visitor, code: str) -> None:
    page = trader.page
    body = f'{{"code": "{code}", "detail": "Not now."}}'
    page.route(
        "**/order", lambda route: route.fulfill(status=503, content_type="application/problem+json", body=body)
    )
    fill_ticket(page, "Buy", 6, "95")
    review(page).click()
    expect(ticket(page).get_by_role("alert")).to_have_text("Not now.")
    assert page.evaluate("sessionStorage.getItem('locksley.intent')") is None
