"""The network between the broker and the exchange: every request has a fate, drawn by seeded chance.

The broker's real client (`HttpExchange`) and the exchange's real front (`OrderEntry.answer`) stand at its two ends; what crosses is the
JSON that would cross a socket. A request once sent belongs to the network: the death of its sender does not call it back.
"""

import asyncio
import contextvars
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from urllib.parse import quote

from locksley.exchange.connections import Answer, Query
from locksley.exchange.http_client import understand
from locksley.exchange.http_feed import understood
from locksley.exchange.port import FeedLine, FeedStart, OutcomeUnknown, Unreachable
from paper_exchange.feed import FeedStream
from paper_exchange.tape import Gone
from simulation.loop import PROCESS, Process
from simulation.venue import Venue

CALL_TIMEOUT_S = 5.0
LATENCY_MIN_S, LATENCY_MAX_S = 0.0005, 0.02
SLOW_MIN_S, SLOW_MAX_S = 0.5, 6.0
LATE_MIN_S, LATE_MAX_S = 5.0, 30.0
HEARTBEAT_S = 1.0
LINES_EVERY_S = 0.05


class Fate(StrEnum):
    """What happens to a request."""

    ANSWERED = "answered"
    SLOW = "exchange_slow"
    LOST = "request_lost"
    ANSWER_LOST = "answer_lost"
    LATE = "request_late"
    TWICE = "request_twice"
    FAILED = "exchange_5xx"
    REFUSED_ONE = "exchange_refuses_one"
    SHORT = "answer_without_executions"


Strike = Callable[[str], None]


class Network:
    """`rates` are per request; `strike` is told of every fault that happens."""

    def __init__(self, venue: Venue, chance: random.Random, strike: Strike) -> None:
        self.venue = venue
        self.chance = chance
        self.strike = strike
        self.rates: dict[Fate, float] = {}
        self.on_send: Callable[[str], None] = lambda _when: None

    def draw(self) -> Fate:
        x = self.chance.random()
        for fate, rate in self.rates.items():
            if x < rate:
                return fate
            x -= rate
        return Fate.ANSWERED

    def latency_s(self) -> float:
        return self.chance.uniform(LATENCY_MIN_S, LATENCY_MAX_S)

    def later(self, delay_s: float, do: Callable[[], None]) -> None:
        """Outside of every process."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, None)
        asyncio.get_running_loop().call_later(delay_s, do, context=context)


class SimulatedConnections:
    """Stands where `locksley.exchange.connections.Connections` stands, for one process of the broker."""

    def __init__(self, network: Network, process: Process, connections_max: int) -> None:
        self._network = network
        self._process = process
        self._free = asyncio.Semaphore(connections_max)

    async def call(self, method: str, path: str, query: Query = (), body: bytes | None = None) -> Answer:
        async with self._free:
            return await self._call(method, path, query, body)

    async def close(self) -> None:
        pass

    async def _call(self, method: str, path: str, query: Query, body: bytes | None) -> Answer:
        network = self._network
        self._process.check_alive()
        if not network.venue.up:
            network.strike("exchange_down")
            await asyncio.sleep(network.latency_s())
            raise Unreachable(f"{method} {path}: connection refused")
        network.on_send("before")
        self._process.check_alive()
        fate = network.draw()
        if fate is not Fate.ANSWERED:
            network.strike(fate)
        answered = self._send(fate, lambda: _ask(network, fate, method, path, query, body))
        network.on_send("after")
        self._process.check_alive()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                answer = await answered
        except TimeoutError:
            raise OutcomeUnknown(f"{method} {path}: no answer in time") from None
        if answer is None:
            raise OutcomeUnknown(f"{method} {path}: the connection broke")
        return answer

    def _send(self, fate: Fate, ask: Callable[[], Answer]) -> "asyncio.Future[Answer | None]":
        """The future answer: None when the connection breaks, never when nothing comes back."""
        network = self._network
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        def answer_s() -> float:
            return network.chance.uniform(SLOW_MIN_S, SLOW_MAX_S) if slow_answer else network.latency_s()

        def deliver() -> None:
            if not network.venue.up:
                network.later(network.latency_s(), lambda: reply(None))
                return
            answer = ask()
            if fate is Fate.TWICE:
                incarnation = network.venue.incarnation
                network.later(network.latency_s(), lambda: _ignore(ask, network, incarnation))
            if fate is Fate.ANSWER_LOST:
                if network.chance.random() < 0.5:
                    network.later(network.latency_s(), lambda: reply(None))
                return
            if fate is not Fate.LATE:
                network.later(answer_s(), lambda: reply(answer))

        # A refusal may take its time, so that more happens to the order meanwhile; what is slow is the request or the answer.
        slow_answer = fate in (Fate.SLOW, Fate.REFUSED_ONE) and network.chance.random() < 0.5
        if fate is Fate.LOST:
            if network.chance.random() < 0.5:
                network.later(network.latency_s(), lambda: reply(None))
        elif fate is Fate.FAILED:
            network.later(network.latency_s(), lambda: reply(Answer(503, b'{"error":"simulated"}')))
        elif fate is Fate.LATE:
            network.later(network.chance.uniform(LATE_MIN_S, LATE_MAX_S), deliver)
        elif fate is Fate.SLOW and not slow_answer:
            network.later(network.chance.uniform(SLOW_MIN_S, SLOW_MAX_S), deliver)
        else:
            network.later(network.latency_s(), deliver)
        return answered


class SimulatedFeed:
    """`locksley.exchange.port.Feed` for one process of the broker; the exchange's own stream is at the other end."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network = network
        self._process = process

    @asynccontextmanager
    async def open(self, epoch: int, after: int) -> AsyncIterator[tuple[FeedStart, AsyncIterator[FeedLine]]]:
        network = self._network
        await asyncio.sleep(network.latency_s())
        self._process.check_alive()
        venue = network.venue
        if not venue.up:
            network.strike("exchange_down")
            raise Unreachable("the feed: connection refused")
        if (gone := venue.gone(epoch, after)) is not None:
            network.strike("history_gone")
            understand(_gone(network, gone), lambda body: body)
        stream = FeedStream(venue.exchange, venue.front.faults, after, epoch)
        start, lines = await understood(self._lines(stream))
        yield start, lines

    async def _lines(self, stream: FeedStream) -> AsyncIterator[bytes]:
        network, venue = self._network, self._network.venue
        incarnation = venue.incarnation
        yield stream.opening.strip()
        quiet_s = 0.0
        while True:
            if not venue.up or venue.incarnation != incarnation:
                raise OutcomeUnknown("the feed broke")
            try:
                taken = stream.take(venue.exchange.tape.last_number)
            except Gone:
                raise OutcomeUnknown("the feed broke") from None
            for line in taken.data.splitlines():
                yield line
            if taken.disconnect:
                raise OutcomeUnknown("the feed broke")
            quiet_s = 0.0 if taken.data else quiet_s + LINES_EVERY_S
            if quiet_s >= HEARTBEAT_S:
                quiet_s = 0.0
                for line in stream.heartbeat().splitlines():
                    yield line
            await asyncio.sleep(LINES_EVERY_S + network.latency_s())


def _ask(network: Network, fate: Fate, method: str, path: str, query: Query, body: bytes | None) -> Answer:
    parameters: dict[str, list[str]] = {}
    for name, value in query:
        parameters.setdefault(name, []).append(value)
    if path == "/trades":
        after, epoch = int(parameters["after"][0]), int(parameters["epoch"][0])
        if (gone := network.venue.gone(epoch, after)) is not None:
            network.strike("history_gone")
            return _gone(network, gone)
    refuse = 0 if fate is Fate.REFUSED_ONE and (method, path) == ("POST", "/orders") else None
    answer = network.venue.front.answer(method, quote(path), parameters, body or b"", refuse)
    return Answer(answer.status, _without_executions(answer.body) if fate is Fate.SHORT else answer.body)


def _gone(network: Network, gone: Gone) -> Answer:
    return Answer(410, network.venue.front.gone_body(gone))


def _without_executions(body: bytes) -> bytes:
    """An answer that says how much was filled, and not by which trades: those are still on their way on the feed."""
    answer = json.loads(body)
    for item in answer.get("items", ()):
        if "executions" in item:
            item["executions"] = []
    return json.dumps(answer).encode()


def _ignore(ask: Callable[[], Answer], network: Network, incarnation: int) -> None:
    """Ask a second time; an exchange that has lost its memory meanwhile could not know that it is the second."""
    if network.venue.up and network.venue.incarnation == incarnation:
        ask()
