import asyncio
import gc
import socket
import time
from pathlib import Path

import pytest

from locksley.config import Config, ConfigError
from locksley.web.call import Call
from locksley.web.server import WebServer
from locksley.web.sse import OpenStreams
from tests.web.broker import Broker
from tests.web.client import Client, answer_of, say
from tests.web.conftest import sign_up

STOP_S_MAX = 5


async def _nothing(*_: object) -> None:
    raise AssertionError("nobody asked for anything")


def _server(port: int, host: str = "127.0.0.1") -> WebServer:
    return WebServer(_nothing, OpenStreams(), Config(data_dir=Path("unused"), host=host, port=port))


async def test_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}: .* choose another with --port"):
            await _server(port).start()


async def test_second_broker_on_one_port_is_refused() -> None:
    first = _server(0)
    await first.start()
    try:
        with pytest.raises(ConfigError, match=f"port {first.port}"):
            await _server(first.port).start()
    finally:
        await first.stop()


async def test_host_that_is_not_here_is_one_clear_line() -> None:
    for host in ("203.0.113.1", "no-such-host.invalid"):
        with pytest.raises(ConfigError, match=f"cannot listen on {host}"):
            await _server(0, host).start()


async def test_port_can_be_taken_again_after_a_stop() -> None:
    first = _server(0)
    await first.start()
    await first.stop()
    second = _server(first.port)
    async with asyncio.timeout(STOP_S_MAX):
        await second.start()
        await second.stop()


def test_stop_ends_open_streams_and_what_was_signed_out_stays_so(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        person, gone = sign_up(broker), sign_up(broker)
        order = person.buy(1, 5_000).json
        prices = person.stream("POST", "/subscribe", {"symbols": ["META"]})
        orders = person.stream("GET", "/orders/stream")
        idle = socket.create_connection(("127.0.0.1", broker.port))
        assert gone.ask("DELETE", "/session").status == 204
        began_s = time.monotonic()
    assert time.monotonic() - began_s < STOP_S_MAX  # a bound on hanging, far above what it takes
    assert [frame.event for frame in prices][:2] == ["stream", "price"]
    assert orders.next() is None
    for closed in (prices, orders, idle):
        closed.close()

    with Broker(tmp_path) as again:
        assert Client(again.port, person.token).get("/orders")[0]["orderId"] == order["orderId"]
        assert Client(again.port, gone.token).ask("GET", "/account").status == 401


def test_http_1_0(broker: Broker) -> None:
    answer = say(broker.port, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.endswith(b'{"status":"ok"}')


def test_a_request_that_is_over_is_let_go_without_the_garbage_collector(tmp_path: Path) -> None:
    """What it held may keep its connection open."""
    half = b"POST /sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with Broker(tmp_path, client_request_timeout_ms=100) as broker:
        person = sign_up(broker)
        before = _calls()
        gc.disable()
        try:
            assert answer_of(say(broker.port, half)).status == 408
            assert person.buy(1, 5_000).status == 201
            assert person.buy(0).status == 422
            assert person.ask("GET", "/nowhere").status == 404
            with person.stream("POST", "/subscribe", {"symbols": ["META"]}) as prices:
                assert prices.until("price", symbol="META")
            broker.eventually(lambda: all(any(one is old for old in before) for one in _calls()))
        finally:
            gc.enable()


def _calls() -> list[Call]:
    return [one for one in gc.get_objects() if isinstance(one, Call)]
