"""Lets the market go on, at its pace, and hands what happened to be made durable and shown.

Reads from: the market, through the exchange. Writes to: the exchange.
If it dies the whole exchange stops with it: a market that stands still unnoticed would be worse.
"""

import asyncio
import time

from paper_exchange.committer import Committer
from paper_exchange.exchange import Exchange
from paper_exchange.pace import Pace
from paper_exchange.streams import Streams

EVENTS_PER_TURN_MAX = 1_000
TURN_SECONDS_MIN = 0.01
TURN_SECONDS_MAX = 1.0
FEED_LAG_TRADES_MAX = 100_000
STALLED_READER_SECONDS_MAX = 5.0
FOREVER_NS = 2**63 - 1


class Driver:
    def __init__(self, exchange: Exchange, committer: Committer, streams: Streams, pace: Pace) -> None:
        self._exchange = exchange
        self._committer = committer
        self._streams = streams
        self._pace = pace

    async def run(self) -> None:
        """Returns when the market has ended, which only a replay that runs once does."""
        self._pace.start()
        while self._exchange.market.next_at_ns is not None:
            until_ns = FOREVER_NS if self._pace.speed is None else self._exchange.market_clock()
            events = self._exchange.advance(until_ns, EVENTS_PER_TURN_MAX)
            if events:
                await self._committer.durable()
            await asyncio.sleep(self._rest_seconds(events))
            if self._pace.speed is None:
                await self._wait_for_readers()

    def _rest_seconds(self, events: int) -> float:
        next_at_ns = self._exchange.market.next_at_ns
        if events >= EVENTS_PER_TURN_MAX or next_at_ns is None or self._pace.speed is None:
            return 0.0
        seconds = self._pace.seconds_until(next_at_ns, self._exchange.market_clock())
        return min(max(seconds, TURN_SECONDS_MIN), TURN_SECONDS_MAX)

    async def _wait_for_readers(self) -> None:
        """At full speed, do not run out of sight of those who read, unless they have stopped reading."""
        slowest, seen_at = self._streams.slowest_number(), time.monotonic()
        while slowest is not None and self._exchange.tape.last_number - slowest > FEED_LAG_TRADES_MAX:
            if time.monotonic() - seen_at > STALLED_READER_SECONDS_MAX:
                self._streams.give_up_on(slowest)
            await asyncio.sleep(TURN_SECONDS_MIN)
            now_slowest = self._streams.slowest_number()
            if now_slowest != slowest:
                slowest, seen_at = now_slowest, time.monotonic()
