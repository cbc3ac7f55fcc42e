"""One of the servers that `python -m bench http` compares: takes a small order as JSON, decodes it, answers with an order.

usage: python -m bench.programs.http_server CANDIDATE PORT
Says `ready` once it listens; ends when standard input does.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop
from prometheus_client import CollectorRegistry

from locksley.clock import SystemClock
from locksley.config import Config
from locksley.domain.order import Order, OrderType
from locksley.orders.request import OrderRequest
from locksley.orders.service import Answer
from locksley.people.callers import Callers
from locksley.people.sessions import Sessions
from locksley.people.signing_keys import SigningKeys
from locksley.prices.directory import Directory
from locksley.web.api import Api
from locksley.web.limits import Addresses, Bucket, Placing
from locksley.web.server import WebServer
from locksley.web.services import Services
from locksley.web.shapes import order_json
from locksley.web.sse import OpenStreams

NEVER_LIMITED_PER_SECOND = 1_000_000

_decode = msgspec.json.Decoder(OrderRequest).decode
_encode = msgspec.json.Encoder().encode


def _order(request: OrderRequest) -> Order:
    return Order(
        order_id="0199f3a1-7c1e-7e07-a7d1-5d6f3f1c2b10",
        user_id="bench",
        side=request.position,
        symbol=request.symbol,
        type=OrderType.MARKET,
        num_shares=request.num_shares,
        price_cents=None,
        worst_price_cents=52_500,
        not_after_ms=0,
        created_at_ms=1_795_359_845_123,
        updated_at_ms=1_795_359_845_123,
    )


def reply(body: bytes) -> bytes:
    return _encode(order_json(_order(_decode(body))))


async def bare_asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = reply((await receive())["body"])
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def falcon_app() -> Any:
    import falcon.asgi  # noqa: PLC0415  (each server imports its own framework only)

    class OrderResource:
        async def on_post(self, req: Any, resp: Any) -> None:
            resp.data = reply(await req.stream.read())
            resp.content_type = "application/json"
            resp.status = "201 Created"

    app = falcon.asgi.App()
    app.add_route("/order", OrderResource())
    return app


def starlette_app() -> Any:
    from starlette.applications import Starlette  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    from starlette.responses import Response  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    from starlette.routing import Route  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    async def place(request: Any) -> Any:
        return Response(reply(await request.body()), 201, media_type="application/json")

    return Starlette(routes=[Route("/order", place, methods=["POST"])])


class OneAnswer:
    """Stands for the order service, so that only what the web layer costs is measured."""

    async def place(self, _user_id: str, request: OrderRequest, _key: str | None, _source: object) -> Answer:
        return Answer(_order(request), 201)


class NobodySignedOut:
    """Stands for the database of people, which is asked once for each token and once for each stream."""

    async def is_session_ended(self, *_session: object) -> bool:
        return False


def token_of(directory: Path) -> tuple[Sessions, str]:
    clock = SystemClock()
    keys = SigningKeys.open(directory / "signing_keys.json", clock.now_ms())
    sessions = Sessions(cast(Any, NobodySignedOut()), keys, clock, Config(data_dir=directory))
    return sessions, sessions.begin("bench", "bench")[0]


def bare_services(directory: Path) -> Services:
    """People are known by their tokens, orders answered by nobody; all else is missing."""
    clock, nothing = SystemClock(), cast(Any, None)
    sessions, _ = token_of(directory)
    there = {
        "config": Config(data_dir=directory),
        "clock": clock,
        "sessions": sessions,
        "callers": Callers(sessions, nothing, clock),
        "orders": OneAnswer(),
        "directory": Directory(),
        "placing": Placing(*(Bucket(clock, NEVER_LIMITED_PER_SECOND),) * 3),
        "addresses": Addresses(NEVER_LIMITED_PER_SECOND, frozenset()),
        "streams": OpenStreams(),
        "registry": CollectorRegistry(),
        "not_ready": lambda: (),
    }
    return Services(**cast(dict[str, Any], {**dict.fromkeys(Services._fields), **there}))


def locksley_app(directory: Path) -> Any:
    """Our own web layer, whole: entrance, routes, token, limit, decoding, encoding, headers, measures."""
    return Api(bare_services(directory)).application


APPS: dict[str, Callable[[Path], Any]] = {
    "locksley": locksley_app,
    "falcon": lambda _: falcon_app(),
    "starlette": lambda _: starlette_app(),
    "asgi": lambda _: bare_asgi,
}


async def granian(app: Any, port: int) -> None:
    server = WebServer(app, OpenStreams(), Config(data_dir=Path.cwd(), port=port))
    await server.start()
    print("ready", flush=True)
    await until_stdin_closes()
    await server.stop()


async def uvicorn(app: Any, port: int) -> None:
    import uvicorn  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    config = uvicorn.Config(app, port=port, loop="none", http="httptools", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await until_stdin_closes()
    server.should_exit = True
    await serving


SERVERS = {"granian": granian, "uvicorn": uvicorn}


async def until_stdin_closes() -> None:
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), closed.set)
    await closed.wait()
    loop.remove_reader(sys.stdin.fileno())


def main(candidate: str, port: int, directory: Path) -> None:
    server, _, framework = candidate.partition("+")
    os.environ.setdefault("TMPDIR", tempfile.gettempdir())
    uvloop.run(SERVERS[server](APPS[framework](directory), port))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
