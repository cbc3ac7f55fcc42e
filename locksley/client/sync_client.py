"""The client for programs that do not run on asyncio: the same calls, waited for.

An event loop on a thread of this client's own runs the `AsyncClient`, so there is one source for both: a call hands its coroutine over
and waits. It may be used from several threads. Ctrl-C ends the waiting, and the call with it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Generic, TypeVar

from locksley.client.async_client import AsyncClient
from locksley.client.events import OrderEventOfStream, PriceEvent
from locksley.client.intent import Intent
from locksley.client.order_updates import OrderStream
from locksley.client.retries import Retries
from locksley.client.shapes import (
    Account,
    Activity,
    Bar,
    Cancelled,
    Equity,
    FoundSymbol,
    MarketStatus,
    NewToken,
    Order,
    OrderEvent,
    Person,
    Placed,
    Position,
    Range,
    Returns,
    Session,
    SignedIn,
    Status,
    Symbol,
    Token,
)
from locksley.client.transport import REQUEST_TIMEOUT_S
from locksley.client.watching import PriceStream

T = TypeVar("T")

CLOSE_S_MAX = 5.0


class Loop:
    """An event loop on a thread, for others to hand work to."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="locksley-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except BaseException:
            running.cancel()
            raise

    def close(self) -> None:
        if not self._loop.is_closed():
            self.run(self._loop.shutdown_asyncgens())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_S_MAX)
            self._loop.close()


class SyncPriceStream:
    """`PriceStream`, waited for. `add`, `remove` and `close` may be called from another thread than the one that reads."""

    def __init__(self, loop: Loop, stream: PriceStream) -> None:
        self._loop = loop
        self._stream = stream

    def __enter__(self) -> "SyncPriceStream":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[PriceEvent]:
        return _Waited(self._loop, self._stream)

    @property
    def connected(self) -> bool:
        return self._stream.connected

    @property
    def symbols(self) -> tuple[str, ...]:
        return self._stream.symbols

    def add(self, *symbols: str) -> None:
        self._loop.run(self._stream.add(*symbols))

    def remove(self, *symbols: str) -> None:
        self._loop.run(self._stream.remove(*symbols))

    def close(self) -> None:
        self._loop.run(self._stream.close())


class SyncOrderStream:
    """`OrderStream`, waited for."""

    def __init__(self, loop: Loop, stream: OrderStream) -> None:
        self._loop = loop
        self._stream = stream

    def __enter__(self) -> "SyncOrderStream":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[OrderEventOfStream]:
        return _Waited(self._loop, self._stream)

    @property
    def connected(self) -> bool:
        return self._stream.connected

    @property
    def number(self) -> int | None:
        return self._stream.number

    def close(self) -> None:
        self._loop.run(self._stream.close())


class _Waited(Generic[T]):
    def __init__(self, loop: Loop, items: AsyncIterator[T]) -> None:
        self._loop = loop
        self._items = items

    def __iter__(self) -> "_Waited[T]":
        return self

    def __next__(self) -> T:
        item = self._loop.run(_next(self._items))
        if item is None:
            raise StopIteration
        return item


async def _next(items: AsyncIterator[T]) -> T | None:
    """None: there are no more. No item is None; and nothing is raised in a task that nobody waits for any more."""
    return await anext(items, None)


class Client:
    """As `AsyncClient`, method for method."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
        retries: Retries | None = None,
    ) -> None:
        self._client = AsyncClient(url, token, timeout_s=timeout_s, retries=retries)
        self._loop = Loop()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what streams are open before."""
        self._loop.run(self._client.close())
        self._loop.close()

    @property
    def url(self) -> str:
        return self._client.url

    @property
    def token(self) -> str | None:
        return self._client.token

    # people

    def sign_up(self, email: str, password: str, *, invitation: str = "") -> Person:
        return self._loop.run(self._client.sign_up(email, password, invitation=invitation))

    def sign_in(self, email: str, password: str) -> SignedIn:
        return self._loop.run(self._client.sign_in(email, password))

    def change_password(self, password: str, new_password: str) -> SignedIn:
        return self._loop.run(self._client.change_password(password, new_password))

    def sign_out(self) -> None:
        self._loop.run(self._client.sign_out())

    def session(self) -> Session:
        return self._loop.run(self._client.session())

    def make_token(self, name: str) -> NewToken:
        return self._loop.run(self._client.make_token(name))

    def tokens(self) -> list[Token]:
        return self._loop.run(self._client.tokens())

    def delete_token(self, token_id: str) -> None:
        self._loop.run(self._client.delete_token(token_id))

    # prices

    def symbol(self, name: str) -> Symbol:
        return self._loop.run(self._client.symbol(name))

    def symbols(self, *names: str) -> list[Symbol]:
        return self._loop.run(self._client.symbols(*names))

    def search(self, query: str, *, most: int | None = None) -> Iterator[FoundSymbol]:
        return _Waited(self._loop, self._client.search(query, most=most))

    def history(self, name: str, range_: Range = "1d", interval: str | None = None) -> list[Bar]:
        return self._loop.run(self._client.history(name, range_, interval))

    def market_status(self) -> MarketStatus:
        return self._loop.run(self._client.market_status())

    def watch(self, *symbols: str) -> SyncPriceStream:
        return SyncPriceStream(self._loop, self._client.watch(*symbols))

    # orders

    def buy(self, symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Placed:
        return self._loop.run(self._client.buy(symbol, num_shares, limit_in_cents=limit_in_cents))

    def sell(self, symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Placed:
        return self._loop.run(self._client.sell(symbol, num_shares, limit_in_cents=limit_in_cents))

    def place(self, intent: Intent) -> Placed:
        return self._loop.run(self._client.place(intent))

    def cancel(self, order_id: str) -> Cancelled:
        return self._loop.run(self._client.cancel(order_id))

    def order(self, order_id: str) -> Order:
        return self._loop.run(self._client.order(order_id))

    def order_events(self, order_id: str) -> list[OrderEvent]:
        return self._loop.run(self._client.order_events(order_id))

    def orders(
        self,
        *,
        status: Status | None = None,
        symbol: str | None = None,
        idempotency_key: str | None = None,
        most: int | None = None,
    ) -> Iterator[Order]:
        found = self._client.orders(status=status, symbol=symbol, idempotency_key=idempotency_key, most=most)
        return _Waited(self._loop, found)

    def order_updates(self, after: int | None = None) -> SyncOrderStream:
        return SyncOrderStream(self._loop, self._client.order_updates(after))

    # what a person has

    def account(self) -> Account:
        return self._loop.run(self._client.account())

    def positions(self) -> list[Position]:
        return self._loop.run(self._client.positions())

    def activity(self, *, symbol: str | None = None, most: int | None = None) -> Iterator[Activity]:
        return _Waited(self._loop, self._client.activity(symbol=symbol, most=most))

    def portfolio_history(self, range_: Range = "1d", interval: str | None = None) -> list[Equity]:
        return self._loop.run(self._client.portfolio_history(range_, interval))

    def portfolio_returns(self, range_: Range = "all") -> Returns:
        return self._loop.run(self._client.portfolio_returns(range_))
