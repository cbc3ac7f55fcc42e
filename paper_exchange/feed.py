"""One stream of the feed: where it stands, and the lines that come next, misbehaviour included. No network and no waiting.

Reads from: the tape, so that a slow reader costs no memory. Writes to: nothing, but a fault can begin an epoch.
If it dies, the reader comes again and says where it was.
"""

from typing import NamedTuple

from paper_exchange.exchange import Exchange
from paper_exchange.faults import Faults, LineFaults
from paper_exchange.history import TradeWriter
from paper_exchange.tape import Gone

TRADES_PER_LINE_MAX = 500
HEARTBEAT = b"[]\n"


class Lines(NamedTuple):
    """Bytes to send, and whether the connection is to be broken after them."""

    data: bytes
    disconnect: bool = False


class FeedStream:
    """Raises Gone where `after` is older than what is kept. Without `after` it begins with the next trade."""

    def __init__(self, exchange: Exchange, faults: Faults, after: int | None, epoch: int | None) -> None:
        self._exchange = exchange
        self._faults = faults
        self._writer = TradeWriter(exchange)
        self._held = b""
        self.epoch = exchange.epoch
        if epoch is not None and epoch != self.epoch:
            after = 0
        elif after is None:
            after = exchange.sequence
        self.number, _end = exchange.tape.check_kept(self.epoch, after)
        self.base, _end = exchange.tape.span(self.epoch)

    @property
    def opening(self) -> bytes:
        return b'{"epoch":%d,"next":%d}\n' % (self.epoch, self.number - self.base + 1)

    @property
    def ended(self) -> bool:
        """A new epoch has begun: what follows cannot be told on this stream."""
        return self.epoch != self._exchange.epoch

    def take(self, shown_number: int) -> Lines:
        """The next line of trades up to `shown_number`; empty when there is none. Raises Gone when the tape has moved on."""
        if self.ended:
            return Lines(b"", True)
        until = min(shown_number, self.number + TRADES_PER_LINE_MAX)
        if until <= self.number:
            return Lines(b"")
        if self.number < self._exchange.tape.first_number - 1:
            raise Gone(self.epoch, self._exchange.tape.first_number - self.base)
        faults = self._faults.for_line()
        if any(faults):
            return self._take_badly(faults, until)
        line = self._writer.line(self.base, self.number, until) + b"\n"
        self.number = until
        return Lines(line + self._release())

    def heartbeat(self) -> bytes:
        return self._release() + HEARTBEAT

    def _take_badly(self, faults: LineFaults, until: int) -> Lines:
        if faults.new_epoch:
            self._exchange.begin_epoch()
            return Lines(b"", True)
        trades = self._writer.trades(self.base, self.number, until)
        self.number = until
        line = b"[" + b",".join(trades[::-1] if faults.reorder else trades) + b"]\n"
        if faults.skip:
            line = b""
        elif faults.repeat:
            line += line
        if faults.reorder and not faults.disconnect:
            # A line of one trade has no order of its own: it changes places with the next line.
            line, self._held = self._held, line
            return Lines(line)
        return Lines(line + self._release(), faults.disconnect)

    def _release(self) -> bytes:
        held, self._held = self._held, b""
        return held
