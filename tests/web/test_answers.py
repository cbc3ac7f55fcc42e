"""What every answer has: its headers, its request id, its problem; and the plain routes."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import locksley
from locksley.domain.errors import Refusal
from locksley.web.problems import STATUS, InternalError, Problem
from locksley.web.routes import ROUTES
from tests.web.broker import Broker
from tests.web.client import Client, answer_of, say


def _kinds(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


def test_every_refusal_has_a_status_a_code_and_a_sentence() -> None:
    for module in pkgutil.walk_packages(locksley.__path__, "locksley."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = {kind for kind in _kinds(Refusal) if kind.__module__.startswith("locksley")}
    assert kinds == set(STATUS)
    for kind in kinds:
        assert kind.code != Refusal.code
        assert (kind.__doc__ or "").strip()


def test_refusal_that_nobody_gave_a_status_tells_nothing() -> None:
    class Unforeseen(Refusal):
        """The password is in this sentence."""

        code = "unforeseen"

    problem = Problem(Unforeseen(secret="secret"))
    assert problem.status == 500
    assert b"password" not in problem.body
    assert b"secret" not in problem.body
    assert InternalError.code.encode() in problem.body


def test_routes_are_each_there_once() -> None:
    addresses = [(route.method, route.path) for route in ROUTES]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("path", ["/account", "/nothing", "/order/x", "/healthz", "/orders?limit=0"])
def test_answers_are_private_and_inert(ada: Client, path: str) -> None:
    headers = ada.ask("GET", path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_request_id_is_taken_when_it_is_sane_and_made_when_not(ada: Client) -> None:
    assert ada.ask("GET", "/account", X_Request_ID="my-id.1").headers["x-request-id"] == "my-id.1"
    made = [ada.ask("GET", "/account", X_Request_ID=bad).headers["x-request-id"] for bad in ("a b", "x" * 65, '<">')]
    assert len(set(made)) == 3
    assert all(len(one) <= 64 and " " not in one and "<" not in one for one in made)
    order_id = ada.buy(1, 4_000, X_Request_ID="order-of-mine").json["orderId"]
    assert ada.get(f"/order/{order_id}/events")[0]["requestId"] == "order-of-mine"


@pytest.mark.parametrize("method", ["PUT", "TRACE", "QUERY", "BREW", "PROPFIND"])
def test_method_that_is_not_taken(ada: Client, method: str) -> None:
    refused = ada.ask(method, "/orders")
    assert (refused.status, refused.code) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    assert ada.ask(method, "/nothing").status in (404, 405)


def test_options_names_the_methods(ada: Client) -> None:
    answer = ada.ask("OPTIONS", "/order/x")
    assert (answer.status, answer.headers["allow"]) == (200, "DELETE, GET, HEAD")


def test_head_is_get_without_a_body(ada: Client) -> None:
    head, get = ada.ask("HEAD", "/account"), ada.ask("GET", "/account")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert ada.ask("HEAD", "/orders/stream").status == 405


def test_symbol_is_told_again_only_when_it_changed(ada: Client, broker: Broker) -> None:
    first = ada.ask("GET", "/symbol/META")
    etag = first.headers["etag"]
    assert set(first.json) == {
        "symbol",
        "name",
        "priceInCents",
        "previousCloseInCents",
        "dayOpenInCents",
        "dayHighInCents",
        "dayLowInCents",
        "dayVolume",
        "stale",
        "updatedAt",
        "epoch",
        "sequence",
    }
    for given in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        same = ada.ask("GET", "/symbol/META", If_None_Match=given)
        assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
    assert ada.ask("GET", "/symbol/META", If_None_Match='"other"').status == 200
    ada.buy(1)
    broker.eventually(lambda: ada.ask("GET", "/symbol/META", If_None_Match=etag).status == 200)


def test_symbols_by_name_and_by_search(ada: Client) -> None:
    assert [one["symbol"] for one in ada.get("/symbols?names=META,AAPL,META")] == ["META", "AAPL"]
    assert ada.get("/symbols?query=aapl") == [
        {"symbol": "AAPL", "name": "AAPL Inc.", "priceInCents": ada.get("/symbol/AAPL")["priceInCents"]}
    ]
    pages, path = [], "/symbols?query=&limit=1"
    while path:
        answer = ada.ask("GET", path)
        pages.append([one["symbol"] for one in answer.json])
        path = answer.headers.get("link", "").removesuffix('>; rel="next"').removeprefix("<")
    assert sorted(pages) == [["AAPL"], ["META"]]


def test_status_of_the_market(ada: Client) -> None:
    status = ada.get("/status")
    assert set(status) == {"open", "opensAt", "closesAt", "now", "feedLagMs"}
    assert status["open"] is True


def test_operation(nobody: Client) -> None:
    assert nobody.get("/healthz") == {"status": "ok"}
    assert nobody.get("/readyz") == {"status": "ready"}
    metrics = nobody.ask("GET", "/metrics")
    assert 'locksley_http_requests_answered_total{method="GET",path="/healthz"}' in metrics.body.decode()


def test_page_and_its_files(nobody: Client) -> None:
    page = nobody.ask("GET", "/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    files = re.findall(rb'(?:src|href)="(/static/[^"]+)"', page.body)
    kinds = {nobody.ask("GET", name.decode()).headers["content-type"].partition(";")[0] for name in files}
    assert kinds == {"text/javascript", "text/css", "image/svg+xml"}
    assert b"style=" not in page.body
    assert b"<script>" not in page.body


def test_body_that_never_arrives(strict_broker: Broker) -> None:
    head = b"POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    answer = answer_of(say(strict_broker.port, head + b"Connection: close\r\n\r\n{"))
    assert (answer.status, answer.code) == (408, "body_too_slow")
