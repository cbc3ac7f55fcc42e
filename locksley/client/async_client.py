"""The client for programs that run on asyncio. All that the client does is done here; `sync_client` only waits for it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote

from locksley.client.asking import ask, read
from locksley.client.errors import NotFound, NotSignedIn
from locksley.client.intent import Intent, buy, sell
from locksley.client.order_updates import OrderStream
from locksley.client.pages import pages
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
from locksley.client.transport import REQUEST_TIMEOUT_S, Reply, Request, Transport
from locksley.client.watching import PriceStream

TAKEN = 202


class AsyncClient:
    """`timeout_s` bounds one attempt, `retries` a call. Use it as a context manager, or `close` it. Everything may raise `LocksleyError`:
    `NoAnswer`, or a `Refused` of the family that fits."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
        retries: Retries | None = None,
    ) -> None:
        self._transport = Transport(url, token, timeout_s)
        self._retries = retries or Retries()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    @property
    def url(self) -> str:
        return self._transport.url

    @property
    def token(self) -> str | None:
        return self._transport.token

    # people

    async def sign_up(self, email: str, password: str, *, invitation: str = "") -> Person:
        """A new account. Not signed in by that. `invitation`: the operator's code, where signing up needs one; else `bad_invitation`."""
        body = {"email": email, "password": password} | ({"invitation": invitation} if invitation else {})
        return read(await self._ask("POST", "/users", body=body, repeatable=False), Person)

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """From here on this client is that person, for as long as the session lasts."""
        signed_in = read(await self._ask("POST", "/sessions", body={"email": email, "password": password}), SignedIn)
        self._transport.token = signed_in.token
        return signed_in

    async def change_password(self, password: str, new_password: str) -> SignedIn:
        """Ends all sessions of this person; this client goes on with the new one that the answer has. Programs' tokens stay good."""
        body = {"password": password, "newPassword": new_password}
        signed_in = read(await self._ask("PUT", "/password", body=body, repeatable=False), SignedIn)
        self._transport.token = signed_in.token
        return signed_in

    async def sign_out(self) -> None:
        """The token is no longer good, also if it was not before."""
        with suppress(NotSignedIn):
            await self._ask("DELETE", "/session")
        self._transport.token = None

    async def session(self) -> Session:
        return read(await self._ask("GET", "/session"), Session)

    async def make_token(self, name: str) -> NewToken:
        """A long-lived token for a program; its secret is told this once."""
        return read(await self._ask("POST", "/tokens", body={"name": name}, repeatable=False), NewToken)

    async def tokens(self) -> list[Token]:
        return read(await self._ask("GET", "/tokens"), list[Token])

    async def delete_token(self, token_id: str) -> None:
        """It is not good afterwards, also if it was not there before: after a lost answer nobody could tell these apart."""
        with suppress(NotFound):
            await self._ask("DELETE", f"/tokens/{quote(token_id, safe='')}")

    # prices

    async def symbol(self, name: str) -> Symbol:
        return read(await self._ask("GET", f"/symbol/{quote(name, safe='')}"), Symbol)

    async def symbols(self, *names: str) -> list[Symbol]:
        """In the order asked. Raises `Unacceptable` for one that is unknown."""
        return read(await self._ask("GET", "/symbols", {"names": ",".join(names)}), list[Symbol]) if names else []

    def search(self, query: str, *, most: int | None = None) -> AsyncIterator[FoundSymbol]:
        """By the beginning of a ticker or of words of a name, best first."""
        return pages(self._transport, self._retries, "/symbols", {"query": query}, FoundSymbol, most)

    async def history(self, name: str, range_: Range = "1d", interval: str | None = None) -> list[Bar]:
        query = {"range": range_} | ({} if interval is None else {"interval": interval})
        return read(await self._ask("GET", f"/symbol/{quote(name, safe='')}/history", query), list[Bar])

    async def market_status(self) -> MarketStatus:
        return read(await self._ask("GET", "/status"), MarketStatus)

    def watch(self, *symbols: str) -> PriceStream:
        return PriceStream(self._transport, self._retries, symbols)

    # orders

    async def buy(self, symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Placed:
        """At the market, or at `limit_in_cents` a share at most."""
        return await self.place(buy(symbol, num_shares, limit_in_cents=limit_in_cents))

    async def sell(self, symbol: str, num_shares: int, *, limit_in_cents: int | None = None) -> Placed:
        """At the market, or for `limit_in_cents` a share at least."""
        return await self.place(sell(symbol, num_shares, limit_in_cents=limit_in_cents))

    async def place(self, intent: Intent) -> Placed:
        """Place the order that is meant, once, however often this is called with it. An error that says `may_have_happened`
        leaves that open: call it again with the same intent to know."""
        headers = {"Idempotency-Key": intent.key}
        reply = await ask(self._transport, self._retries, Request("POST", "/order", {}, intent.body, headers))
        replayed = reply.headers.get("Idempotency-Replayed") == "true"
        return Placed(order=read(reply, Order), is_known=reply.status != TAKEN, replayed=replayed)

    async def cancel(self, order_id: str) -> Cancelled:
        """Asking twice does no harm. Raises `Conflict` for an order that was closed before."""
        return read(await self._ask("DELETE", f"/order/{quote(order_id, safe='')}"), Cancelled)

    async def order(self, order_id: str) -> Order:
        return read(await self._ask("GET", f"/order/{quote(order_id, safe='')}"), Order)

    async def order_events(self, order_id: str) -> list[OrderEvent]:
        """All that happened to it, oldest first."""
        return read(await self._ask("GET", f"/order/{quote(order_id, safe='')}/events"), list[OrderEvent])

    def orders(
        self,
        *,
        status: Status | None = None,
        symbol: str | None = None,
        idempotency_key: str | None = None,
        most: int | None = None,
    ) -> AsyncIterator[Order]:
        """Newest first; `most` of them, or all."""
        asked = {"status": status, "symbol": symbol, "idempotencyKey": idempotency_key}
        query = {name: value for name, value in asked.items() if value is not None}
        return pages(self._transport, self._retries, "/orders", query, Order, most)

    def order_updates(self, after: int | None = None) -> OrderStream:
        return OrderStream(self._transport, self._retries, after)

    # what a person has

    async def account(self) -> Account:
        return read(await self._ask("GET", "/account"), Account)

    async def positions(self) -> list[Position]:
        return read(await self._ask("GET", "/positions"), list[Position])

    def activity(self, *, symbol: str | None = None, most: int | None = None) -> AsyncIterator[Activity]:
        """Fills and transfers, newest first; with a `symbol` its fills alone."""
        query = {} if symbol is None else {"symbol": symbol}
        return pages(self._transport, self._retries, "/activity", query, Activity, most)

    async def portfolio_history(self, range_: Range = "1d", interval: str | None = None) -> list[Equity]:
        query = {"range": range_} | ({} if interval is None else {"interval": interval})
        return read(await self._ask("GET", "/portfolio/history", query), list[Equity])

    async def portfolio_returns(self, range_: Range = "all") -> Returns:
        return read(await self._ask("GET", "/portfolio/returns", {"range": range_}), Returns)

    async def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: object = None,
        repeatable: bool = True,
    ) -> Reply:
        request = Request(method, path, query or {}, body)
        return await ask(self._transport, self._retries, request, repeatable=repeatable)
