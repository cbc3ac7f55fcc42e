"""Every code that the description has can happen: it is provoked here or in the test named here, or it is said why it is not."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from locksley.web.openapi import examples, problem_schemas
from locksley.web.openapi.operation import public_path
from locksley.web.problems import STATUS
from locksley.web.routes import Route, Who
from tests.openapi.person import Person
from tests.openapi.test_description import DESCRIPTION, EVERY_ROUTE, check, resolved
from tests.project import tree
from tests.web.broker import Broker
from tests.web.client import Answer, Client
from tests.web.conftest import PASSWORD, sign_up

NO_ID = "01900000-0000-7000-8000-000000000000"

ELSEWHERE = {
    "account_frozen": "operator_people/test_admin.py",
    "bad_invitation": "operator_people/test_admin.py",
    "body_too_slow": "web/test_answers.py",
    "email_taken": "web/test_people.py",
    "exchange_refused": "web/test_orders.py",
    "feed_behind": "orders/test_reconcile.py",
    "idempotency_key_reused": "web/test_orders.py",
    "insufficient_buying_power": "web/test_orders.py",
    "insufficient_shares": "web/test_orders.py",
    "invalid_price": "web/test_orders.py",
    "invalid_shares": "web/test_orders.py",
    "not_discarded": "orders/test_dead_letters.py",
    "order_closed": "web/test_orders.py",
    "sign_in_busy": "security/test_floods.py",
    "stale_price": "orders/test_placing.py",
    "storage_unavailable": "kills/test_disk.py",
    "too_many_requests": "web/test_orders.py",
    "too_many_sign_ins": "web/test_people.py",
    "too_many_streams": "web/test_streams.py",
    "too_many_symbols": "web/test_streams.py",
    "too_many_tokens": "web/test_people.py",
    "too_many_watchlists": "watchlists/test_watchlists.py",
    "unknown_symbol": "web/test_orders.py",
    "wrong_credentials": "web/test_people.py",
}
NOT_PROVOKED = {
    "backup_running": "two backups would have to meet in an instant; the operator's part tries that of itself",
    "internal_error": "whatever provokes it is mended",
    "not_enough_cash": "an operator's refusal, which the operator's part tries by its command",
    "not_ready": "a broker that is not ready yet is waited for by every test; it lasts an instant",
    "open_orders": "an operator's refusal, which the operator's part tries by its command",
}
HERE = {
    "exchange_unavailable",
    "foreign_origin",
    "malformed",
    "market_closed",
    "method_not_allowed",
    "not_found",
    "not_signed_in",
    "order_in_progress",
    "request_in_progress",
    "sign_up_closed",
    "body_too_large",
    "unsupported_media_type",
}


def with_code(code: str) -> list[Route]:
    return [
        route
        for route in EVERY_ROUTE
        if code in {kind.code for kinds in problem_schemas.of(route).values() for kind in kinds}
    ]


def every_route_with(code: str, *, but: Callable[[Route], bool] = lambda _route: False) -> pytest.MarkDecorator:
    routes = [route for route in with_code(code) if not but(route)]
    assert routes
    return pytest.mark.parametrize("route", routes, ids=lambda route: f"{route.method} {route.path}")


def address(route: Route, name: str = NO_ID) -> str:
    return re.sub(r"\{\w+\}", name, route.path)


@pytest.fixture
def ask(broker: Broker, person: Person) -> Callable[..., Answer]:
    def ask(route: Route, path: str = "", body: Any = None, **headers: str) -> Answer:
        client = Client(broker.port, None if route.who is Who.ANYONE else person.token_of(route.who is Who.OPERATOR))
        return client.ask(route.method, path or address(route), body, **headers)

    return ask


def is_described(route: Route, answer: Answer, code: str) -> None:
    assert answer.code == code
    described = DESCRIPTION["paths"][public_path(route.path)][route.method.lower()]["responses"][str(answer.status)]
    check(resolved(described)["content"]["application/problem+json"]["schema"], answer.json)


def test_every_code_is_accounted_for() -> None:
    assert [HERE & set(ELSEWHERE), HERE & set(NOT_PROVOKED), set(ELSEWHERE) & set(NOT_PROVOKED)] == [
        set(),
        set(),
        set(),
    ]
    assert HERE | set(ELSEWHERE) | set(NOT_PROVOKED) == {kind.code for kind in STATUS}


@pytest.mark.parametrize(("code", "test"), ELSEWHERE.items())
def test_tests_named_here_provoke_it(code: str, test: str) -> None:
    text = tree.text(Path("tests") / test)
    names = [kind.__name__ for kind in STATUS if kind.code == code]
    assert f'"{code}"' in text or any(re.search(rf"\b{name}\b", text) for name in names)


@every_route_with("malformed")
def test_unknown_parameter(ask: Callable[..., Answer], route: Route) -> None:
    is_described(route, ask(route, f"{address(route)}?no-such-parameter=1"), "malformed")


@every_route_with("not_signed_in")
def test_not_signed_in(nobody: Client, route: Route) -> None:
    is_described(route, nobody.ask(route.method, address(route)), "not_signed_in")


@every_route_with("foreign_origin")
def test_page_of_another_origin(nobody: Client, person: Person, route: Route) -> None:
    headers = {"Cookie": f"locksley_session={person.token_of(False)}", "Origin": "https://elsewhere.example"}
    body = None if route.body is None else examples.of_body(route).get("example")
    is_described(route, nobody.ask(route.method, address(route), body, **headers), "foreign_origin")


@every_route_with("not_found", but=lambda route: route.body is not None)
def test_not_there(ask: Callable[..., Answer], route: Route) -> None:
    is_described(route, ask(route), "not_found")


@every_route_with("body_too_large")
def test_body_too_large(ask: Callable[..., Answer], route: Route) -> None:
    is_described(route, ask(route, body=b"x" * 20_000), "body_too_large")


@every_route_with("unsupported_media_type")
def test_body_that_is_no_json(ask: Callable[..., Answer], route: Route) -> None:
    is_described(route, ask(route, body=b"email=ada", Content_Type="text/plain"), "unsupported_media_type")


def test_method_that_an_address_does_not_take(nobody: Client) -> None:
    answer = nobody.ask("PATCH", "/healthz")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "method_not_allowed", "GET, HEAD, OPTIONS")
    check({"$ref": "#/components/schemas/MethodNotAllowedProblem"}, answer.json)


def test_sign_up_closed(tmp_path: Path) -> None:
    with Broker(tmp_path, sign_up="closed") as closed:
        answer = Client(closed.port).ask("POST", "/users", {"email": "ada@example.org", "password": PASSWORD})
        is_described(route_of("POST", "/users"), answer, "sign_up_closed")


def test_same_order_while_the_exchange_thinks(broker: Broker) -> None:
    person = sign_up(broker)
    broker.on_loop(broker.venue.set_faults(delay_ms={"rate": 1, "ms": 2_000}))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(person.buy, 1, 9_900, Idempotency_Key="one")
        second = threads.submit(person.buy, 2, 9_900)
        broker.eventually(lambda: len(person.get("/orders")) == 2)
        route = route_of("POST", "/order")
        is_described(route, person.buy(1, 9_900, Idempotency_Key="one"), "request_in_progress")
        is_described(route, person.buy(2, 9_900), "order_in_progress")
        broker.on_loop(broker.venue.set_faults())
        assert {first.result().status, second.result().status} <= {201, 202}


def test_exchange_is_down(tmp_path: Path) -> None:
    refused: list[Answer] = []
    with Broker(tmp_path) as broker:
        person = sign_up(broker)
        broker.on_loop(broker.venue.set_faults(fail={"rate": 1}))

        def is_known_to_be_down() -> bool:
            refused.append(person.buy(1, 9_900))
            return refused[-1].status == 503

        broker.eventually(is_known_to_be_down)
    is_described(route_of("POST", "/order"), refused[-1], "exchange_unavailable")
    assert int(refused[-1].headers["retry-after"]) >= 1


def test_market_closed(tmp_path: Path) -> None:
    with Broker(tmp_path, market_status_every_ms=50) as broker:
        person = sign_up(broker)
        broker.venue.market.open = False
        broker.eventually(lambda: person.get("/status")["open"] is False)
        is_described(route_of("POST", "/order"), person.buy(1), "market_closed")


def route_of(method: str, path: str) -> Route:
    [found] = [route for route in EVERY_ROUTE if (route.method, route.path) == (method, path)]
    return found
