"""People who order at a steady rate whatever the broker does, and ask again with the same key until they are answered.

The rate is kept by the clock and not by the answers (an open loop): while the broker is down, what is wished for piles up, and all
of it is asked for again when the broker is back.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import aiohttp

from tests.acceptance.residents import Resident

WAITING_MAX = 10_000
CONNECTIONS_MAX = 256
ASK_S_MAX = 30.0
AGAIN_S_FIRST, AGAIN_S_MOST = 0.25, 4.0
CANCELLED_SHARE = 0.5
CREATED, TAKEN = 201, 202
FINAL_REFUSALS = {"insufficient_buying_power", "insufficient_shares", "stale_price"}
ASK_AGAIN = {
    "request_in_progress",
    "too_many_requests",
    "exchange_unavailable",
    "storage_unavailable",
    "not_ready",
}


class Flight:
    """One request. `sent`: it is on the wire; `cut`: no answer came."""

    __slots__ = ("cut", "sent")

    def __init__(self) -> None:
        self.sent = False
        self.cut = False


class Answer(NamedTuple):
    status: int
    json: Any

    @property
    def code(self) -> str:
        return str(self.json["code"]) if self.status >= 400 else ""


class Crowd:
    """`told`: of each key, the order that the broker told of. `refused`: keys that were refused for good, and why."""

    def __init__(self, people: Sequence[Resident], per_second: float, seed: int) -> None:
        self._people = people
        self._per_second = per_second
        self._random = Random(seed)
        self._session: aiohttp.ClientSession | None = None
        self._stopped = asyncio.Event()
        self._lives: set[asyncio.Task[None]] = set()
        self._flights: set[Flight] = set()
        self._one_sent = asyncio.Event()
        self._prices: dict[str, int] = {}
        self._bought: dict[str, list[str]] = {}
        self.url = ""
        self.told: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.wished = 0
        self.left_out = 0

    async def __aenter__(self) -> "Crowd":
        marking = aiohttp.TraceConfig()
        marking.on_request_headers_sent.append(self._mark_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
            timeout=aiohttp.ClientTimeout(total=ASK_S_MAX),
            trace_configs=[marking],
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        assert self._session is not None
        await self._session.close()

    @property
    def waiting(self) -> int:
        """How many have no final answer yet."""
        return len(self._lives)

    def in_flight(self) -> list[Flight]:
        """What is on the wire at this moment."""
        return [flight for flight in self._flights if flight.sent]

    async def until_in_flight(self, within_s: float, on_the_way_s: float) -> None:
        """Until a request is on the wire, which may have been there for up to `on_the_way_s`."""
        async with asyncio.timeout(within_s):
            while True:
                self._one_sent.clear()
                await self._one_sent.wait()
                await asyncio.sleep(self._random.uniform(0, on_the_way_s))
                if self.in_flight():
                    return

    async def _mark_sent(self, _session: object, context: Any, _parameters: object) -> None:
        context.trace_request_ctx.sent = True
        self._one_sent.set()

    async def look(self) -> None:
        """What trades, and for how much."""
        answer = await self._ask(self._people[0], "GET", "/symbols?query=&limit=20")
        assert answer.status == 200, answer
        self._prices = {one["symbol"]: one["priceInCents"] for one in answer.json}

    async def order_until_stopped(self) -> None:
        """Raises what a life raised: an answer that ought not to be."""
        next_s = time.monotonic()
        while not self._stopped.is_set():
            self._begin_one()
            next_s += 1 / self._per_second
            if (pause_s := next_s - time.monotonic()) > 0:
                await asyncio.sleep(pause_s)

    def stop(self) -> None:
        self._stopped.set()

    async def answered(self, within_s: float) -> None:
        """Until everything that was wished for has its answer."""
        async with asyncio.timeout(within_s):
            while self._lives:
                await asyncio.wait(self._lives, return_when=asyncio.FIRST_COMPLETED)

    def _begin_one(self) -> None:
        self.wished += 1
        if len(self._lives) >= WAITING_MAX:
            self.left_out += 1
            return
        person = self._random.choice(self._people)
        life = asyncio.create_task(self._live(person, str(uuid.uuid4()), self._wish(person)))
        self._lives.add(life)
        life.add_done_callback(self._ended)

    def _ended(self, life: asyncio.Task[None]) -> None:
        self._lives.discard(life)
        if not life.cancelled() and (error := life.exception()) is not None:
            self.answers[f"WRONG {error!r}"] += 1

    async def _live(self, person: Resident, key: str, wish: dict[str, Any]) -> None:
        answer = await self._insist(person, "POST", "/order", wish, key)
        if answer.code in FINAL_REFUSALS:
            self.refused[key] = answer.code
            return
        assert answer.status in (CREATED, TAKEN) or answer.code == "exchange_refused", (wish, answer)
        order = answer.json["order"] if answer.code else answer.json
        assert wish.items() <= order.items(), (wish, answer)
        self.told[key] = order["orderId"]
        if order["filledShares"]:
            self._bought.setdefault(person.user_id, []).append(order["symbol"])
        if "priceInCents" in wish and not answer.code and self._random.random() < CANCELLED_SHARE:
            cancelled = await self._insist(person, "DELETE", f"/order/{order['orderId']}")
            assert cancelled.status in (200, TAKEN) or cancelled.code == "order_closed", cancelled

    async def _insist(self, person: Resident, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """Ask until there is an answer that is final."""
        pause_s = AGAIN_S_FIRST
        while True:
            try:
                answer = await self._ask(person, method, path, body, key)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                self.answers[f"{method} none"] += 1
            else:
                self.answers[f"{method} {answer.status} {answer.code}".rstrip()] += 1
                if answer.code not in ASK_AGAIN:
                    return answer
            await asyncio.sleep(self._random.uniform(pause_s / 2, pause_s))
            pause_s = min(2 * pause_s, AGAIN_S_MOST)

    async def _ask(self, person: Resident, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        assert self._session is not None
        headers = {"Authorization": f"Bearer {person.token}"} | ({"Idempotency-Key": key} if key else {})
        flight = Flight()
        self._flights.add(flight)
        try:
            async with self._session.request(
                method, self.url + path, json=body, headers=headers, trace_request_ctx=flight
            ) as response:
                return Answer(response.status, await response.json(content_type=None))
        except BaseException:
            flight.cut = True
            raise
        finally:
            self._flights.discard(flight)

    def _wish(self, person: Resident) -> dict[str, Any]:
        symbol, price_cents = self._random.choice(list(self._prices.items()))
        wish: dict[str, Any] = {"position": "buy", "symbol": symbol, "numShares": self._random.randint(1, 5)}
        kind = self._random.random()
        if kind < 0.15 and (bought := self._bought.get(person.user_id)):
            wish |= {"position": "sell", "symbol": self._random.choice(bought)}
        elif kind < 0.35:
            wish["priceInCents"] = max(1, round(price_cents * self._random.uniform(0.5, 0.9)))
        elif kind < 0.55:
            wish["priceInCents"] = max(1, round(price_cents * self._random.uniform(0.99, 1.01)))
        return wish
