"""Simulated people who trade over HTTP, and check every answer that they are given.

Each remembers what the broker told them, for the reckoning at the end. The seed decides what they want; what comes of it, the market.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, NamedTuple

import aiohttp

CREATED, TAKEN = 201, 202
THINKING_S_MEAN = 0.15
FEW_SHARES, MANY_SHARES = (1, 12), (100, 1_500)  # more than a quote offers, so that some are filled in parts
CUT_AFTER_S_MAX = 0.01
ASK_AGAIN_S = 0.05
ASK_AGAIN_S_MAX = 20.0
LOOKED_AT_MAX = 50
EXPECTED = {
    (200, ""), (201, ""), (202, ""),
    (409, "order_closed"), (409, "request_in_progress"), (409, "order_in_progress"),
    (422, "market_closed"), (422, "exchange_refused"), (422, "insufficient_buying_power"), (422, "insufficient_shares"),
    (422, "idempotency_key_reused"), (429, "too_many_requests"), (404, "not_found"),
}  # fmt: skip


class Answer(NamedTuple):
    status: int
    json: Any
    replayed: bool

    @property
    def code(self) -> str:
        return str(self.json["code"]) if self.status >= 400 else ""


class Wire:
    """One person's connections to the broker."""

    def __init__(self, session: aiohttp.ClientSession, url: str, counts: "Counter[str]") -> None:
        self._session = session
        self._url = url
        self._counts = counts
        self.token = ""

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        async with self._session.request(method, self._url + path, json=body, headers=headers) as response:
            json = await response.json(content_type=None)
            answer = Answer(response.status, json, "Idempotency-Replayed" in response.headers)
        assert (answer.status, answer.code) in EXPECTED, (method, path, body, answer)
        self._counts[f"{method} {path.partition('?')[0].split('/')[1]} {answer.status} {answer.code}".rstrip()] += 1
        return answer


class Person:
    """`told`: what the broker said of each order, the latest last. `others`: orders of other people, which this one must not see."""

    def __init__(self, number: int, wire: Wire, symbols: Sequence[str], others: list[str], random: Random) -> None:
        self.number = number
        self.wire = wire
        self.user_id = ""
        self.told: dict[str, dict[str, Any]] = {}
        self._symbols = symbols
        self._others = others
        self._random = random
        self._doing: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self._buy_at_market),
            (20, self._buy_at_limit),
            (15, self._sell),
            (15, self._cancel),
            (5, self._send_again),
            (5, self._send_twice_at_once),
            (5, self._hang_up_and_send_again),
            (3, self._reuse_a_key),
            (2, self._look_at_anothers),
        ]

    async def sign_up(self) -> None:
        credentials = {"email": f"person{self.number}@example.org", "password": f"a long password {self.number}"}
        self.user_id = (await self.wire.ask("POST", "/users", credentials)).json["userId"]
        self.wire.token = (await self.wire.ask("POST", "/sessions", credentials)).json["token"]

    async def trade(self, stop: asyncio.Event) -> None:
        weights, things = zip(*self._doing, strict=True)
        while not stop.is_set():
            [thing] = self._random.choices(things, weights)
            await thing()
            try:
                async with asyncio.timeout(self._random.expovariate(1 / THINKING_S_MEAN)):
                    await stop.wait()
            except TimeoutError:
                pass

    async def _buy_at_market(self) -> None:
        await self._place(self._wish("buy"))

    async def _buy_at_limit(self) -> None:
        await self._place(await self._with_limit(self._wish("buy")))

    async def _sell(self) -> None:
        positions = (await self.wire.ask("GET", "/positions")).json
        free = {one["symbol"]: one["shares"] - one["heldShares"] for one in positions}
        owned = [symbol for symbol, shares in free.items() if shares > 0]
        if not owned:
            return
        symbol = self._random.choice(owned)
        wish = self._wish("sell") | {"symbol": symbol, "numShares": self._random.randint(1, free[symbol])}
        await self._place(wish if self._random.random() < 0.6 else await self._with_limit(wish))

    async def _cancel(self) -> None:
        open_ids = [one["orderId"] for one in self.told.values() if one["status"] in ("submitted", "partially_filled")]
        if not open_ids:
            return
        answer = await self.wire.ask("DELETE", f"/order/{self._random.choice(open_ids)}")
        if answer.status in (200, TAKEN):
            assert answer.json["ok"] is (answer.status == 200), answer
            assert answer.json["order"]["status"] == ("cancelled" if answer.json["ok"] else "pending_cancel"), answer
            self._hear(answer.json["order"])
        else:
            assert answer.code == "order_closed", answer
            self._hear(answer.json["order"])

    async def _send_again(self) -> None:
        wish, key = self._wish("buy"), str(uuid.uuid4())
        first = await self._place(wish, key)
        again = await self._place(wish, key)
        if first.status in (CREATED, TAKEN):
            assert again.status == first.status, (first, again)
            assert again.replayed, (first, again)
            assert again.json["orderId"] == first.json["orderId"], (first, again)

    async def _send_twice_at_once(self) -> None:
        wish, key = self._wish("buy"), str(uuid.uuid4())
        both = await asyncio.gather(self._place(wish, key), self._place(wish, key))
        made = [answer for answer in both if answer.status in (CREATED, TAKEN)]
        assert len({answer.json["orderId"] for answer in made}) <= 1, both
        assert len([answer for answer in made if not answer.replayed]) <= 1, both

    async def _hang_up_and_send_again(self) -> None:
        wish, key = await self._with_limit(self._wish("buy")), str(uuid.uuid4())
        first = asyncio.create_task(self.wire.ask("POST", "/order", wish, key))
        await asyncio.wait([first], timeout=self._random.uniform(0, CUT_AFTER_S_MAX))
        first.cancel()
        await asyncio.wait([first])
        async with asyncio.timeout(ASK_AGAIN_S_MAX):
            while (await self._place(wish, key)).status == 409:
                await asyncio.sleep(ASK_AGAIN_S)
        found = (await self.wire.ask("GET", f"/orders?idempotencyKey={key}")).json
        assert len(found) <= 1, found

    async def _reuse_a_key(self) -> None:
        wish, key = self._wish("buy"), str(uuid.uuid4())
        first = await self._place(wish, key)
        other = await self._place(wish | {"numShares": wish["numShares"] + 1}, key)
        if first.status in (CREATED, TAKEN):
            assert other.code in ("idempotency_key_reused", "too_many_requests"), (first, other)

    async def _look_at_anothers(self) -> None:
        strange = [order_id for order_id in self._others[-LOOKED_AT_MAX:] if order_id not in self.told]
        if strange:
            order_id = self._random.choice(strange)
            for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
                assert (await self.wire.ask(method, f"/order/{order_id}{path}")).code == "not_found"

    async def _place(self, wish: dict[str, Any], key: str | None = None) -> Answer:
        answer = await self.wire.ask("POST", "/order", wish, key or str(uuid.uuid4()))
        if answer.status in (CREATED, TAKEN):
            assert wish.items() <= answer.json.items(), (wish, answer)
            self._hear(answer.json)
        elif answer.code == "exchange_refused":
            assert answer.json["order"]["status"] == "failed", answer
            self._hear(answer.json["order"])
        return answer

    def _hear(self, order: dict[str, Any]) -> None:
        before = self.told.get(order["orderId"])
        if before is None:
            self._others.append(order["orderId"])
        if before is None or before["version"] <= order["version"]:
            self.told[order["orderId"]] = order

    def _wish(self, position: str) -> dict[str, Any]:
        symbol = self._random.choice(self._symbols)
        few_or_many = FEW_SHARES if self._random.random() < 0.8 else MANY_SHARES
        return {"position": position, "symbol": symbol, "numShares": self._random.randint(*few_or_many)}

    async def _with_limit(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Within one percent of the last price, better or worse."""
        [symbol] = (await self.wire.ask("GET", f"/symbols?names={wish['symbol']}")).json
        away = self._random.uniform(-0.01, 0.01)
        return wish | {"priceInCents": max(1, round(symbol["priceInCents"] * (1 + away)))}
