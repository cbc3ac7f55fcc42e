"""Makes what happened durable before anyone is shown it, in natural batches: while one is on its way to the disk, the next gathers.

Reads from: the exchange's records and tape. Writes to: the journal, if there is one; then lets answers and the feed go.
If it dies halfway, what was not on the disk was never shown, and the journal drops a torn end when it is opened again.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from paper_exchange.exchange import Exchange
from paper_exchange.records import Record
from paper_exchange.summary import summarise

TRADES_PER_SUMMARY = 20_000


class Log(Protocol):
    """Where records and tape rows are kept; `write` returns when they are on the disk. `rows` follow the last ones without a gap."""

    def write(
        self, records: Sequence[Record], rows: Sequence[bytes], first_kept: int, summary: bytes | None
    ) -> None: ...

    def close(self) -> None: ...


class Committer:
    """`shown_number` is the last trade that may be shown; `failed` is set to what went wrong when the disk did."""

    def __init__(self, exchange: Exchange, log: Log | None) -> None:
        self._exchange = exchange
        self._log = log
        self.shown_number = exchange.tape.last_number
        self._summary_due = self.shown_number + TRADES_PER_SUMMARY
        self._waiting: set[asyncio.Future[None]] = set()
        self._next: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def durable(self) -> None:
        """Returns when everything done so far may be shown; raises OSError when the disk will not have it."""
        if self._log is None:
            self._show(self._exchange.tape.last_number)
            return
        if self._writing is None and self._summary_due and not self._is_dirty():
            return
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_rounds(self._log))
        await asyncio.shield(self._next)

    async def finish(self) -> None:
        """Writes the last of it, and a summary that makes the next start quick."""
        if self._log is not None and not self.failed.done():
            self._summary_due = 0
            await self.durable()

    async def shown_beyond(self, number: int, seconds_max: float) -> None:
        """Returns when a trade after this one may be shown, after so many seconds, or on `wake`."""
        if self.shown_number > number or seconds_max <= 0:
            return
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.add(waiter)
        timer = loop.call_later(seconds_max, _wake, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)

    def _is_dirty(self) -> bool:
        return bool(self._exchange.records) or self._exchange.tape.last_number > self.shown_number

    async def _write_rounds(self, log: Log) -> None:
        """Each round writes what there is by now, for all who wait by now."""
        try:
            while self._next is not None:
                round_, self._next = self._next, None
                await self._write(log)
                _wake(round_)
        except OSError as error:
            for waiter in (round_, self._next, self.failed):
                if waiter is not None and not waiter.done():
                    waiter.set_exception(error)
            self.failed.exception()  # one who stops may not look, and is not to be reproached for it
        finally:
            self._writing = None

    async def _write(self, log: Log) -> None:
        records, self._exchange.records = self._exchange.records, []
        tape = self._exchange.tape
        last_number = tape.last_number
        rows = tape.raw(self.shown_number, last_number)
        summary = summarise(self._exchange) if last_number >= self._summary_due else None
        await asyncio.to_thread(log.write, records, rows, tape.first_number, summary)
        if summary is not None:
            self._summary_due = last_number + TRADES_PER_SUMMARY
        self._show(last_number)

    def wake(self) -> None:
        """Let whoever waits for trades look around."""
        waiting, self._waiting = self._waiting, set()
        for waiter in waiting:
            _wake(waiter)

    def _show(self, number: int) -> None:
        if number > self.shown_number:
            self.shown_number = number
            self.wake()


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
