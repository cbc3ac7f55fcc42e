"""The whole broker with an exchange beside it, on a thread and an event loop of their own, as it runs for people."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from locksley import serving
from locksley.config import Config
from locksley.data_dir import DataDir
from locksley.order_db.sqlite.activity import SqliteActivityDb
from locksley.people.signing_keys import SigningKey, SigningKeys
from locksley.web.server import WebServer
from locksley.web.services import Services
from paper_exchange.market.port import Event
from tests.paper_exchange.fixed_market import quote, trade
from tests.paper_exchange.venue import Venue
from tests.portfolio import books

T = TypeVar("T")

DEADLINE_S = 20
POLL_S = 0.01


class Broker:
    """META and AAPL trade at 100 dollars; 1,000,000 shares of META are offered at 100.10 and bid for at 99.90."""

    services: Services
    port: int

    def __init__(self, data_dir: Path, **config: Any) -> None:
        self._data_dir = data_dir
        self._config = config
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="broker")

    def __enter__(self) -> "Broker":
        self._thread.start()
        self._ready.result(DEADLINE_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it where the broker runs, and give its value."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S)

    def eventually(self, holds: Callable[[], bool]) -> None:
        give_up_at_s = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < give_up_at_s
            time.sleep(POLL_S)

    @property
    def signing_key(self) -> SigningKey:
        return SigningKeys.open(DataDir(self._data_dir).signing_keys, 0).signing

    def happen(self, *events: Event) -> None:
        """On the exchange's market."""
        self.on_loop(self.venue.happen(*events))

    def book(self, user_id: str, entries: Sequence[books.Fill | books.Paid]) -> None:
        """Straight into the database, where there are more of them than one would order."""
        db = self.services.activity._db
        assert isinstance(db, SqliteActivityDb)
        self.on_loop(books.write(db._database, user_id, entries))

    def _run(self) -> None:
        try:
            uvloop.run(self._main())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self.venue = Venue()
        await self.venue.start()
        try:
            await self.venue.happen(quote(999_000, 1_000_000, 1_001_000, 1_000_000), trade(1_000_000, 100))
            config = Config(
                data_dir=self._data_dir,
                port=0,
                exchange_url=f"http://127.0.0.1:{self.venue.running.port}",
                **self._config,
            )
            announcing: list[asyncio.Task[None]] = []
            await serving.serve(
                config,
                self._stopped,
                lambda web, services: announcing.append(asyncio.create_task(self._announce(web, services))),
            )
        finally:
            await self.venue.stop()

    async def _announce(self, web: WebServer, services: Services) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while services.not_ready():
                await asyncio.sleep(POLL_S)
        self.services = services
        self.port = web.port
        self._ready.set_result(None)
